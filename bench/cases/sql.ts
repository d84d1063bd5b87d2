import type { BenchCase } from "../lib/context.ts"
import { AT_ONCE, submissionBody, submit, whenDone } from "../lib/groups.ts"
import { text } from "../lib/http.ts"
import type { Line } from "../lib/report.ts"
import { startProduct, startSimulator } from "../lib/servers.ts"
import { alternate, figure, median, spread } from "../lib/stats.ts"

const ROWS = 50_000
/** With its input and what else is stored, a row has about 1 kB. */
const OUTPUT_BYTES = 700
const ANSWER_GOAL_MS = 1_000
const REFUSAL_GOAL_MS = 50

const CONTROL = "SELECT count(*) FROM runs"

/** What people ask, and what comes close to the bounds. */
const ANSWERED = [
  "SELECT * FROM results ORDER BY summary DESC LIMIT 10",
  "SELECT country, count(*) FROM results WHERE summary LIKE '%a%' GROUP BY country",
  "SELECT company, row_number() OVER (PARTITION BY country ORDER BY founded DESC) AS n FROM results ORDER BY n LIMIT 10",
  `SELECT r.company, x.modified_at FROM results r JOIN runs x ON x.run_id = r."$id" ORDER BY x.modified_at DESC LIMIT 10`,
  "SELECT count(DISTINCT content) FROM runs",
  "SELECT count(*) FROM runs a CROSS JOIN (SELECT 1 FROM runs LIMIT 20) b",
  "SELECT max(upper(input || content)) FROM runs GROUP BY content LIMIT 5",
  "SELECT value, count(*) FROM runs, json_each(confidence) GROUP BY value",
]

/** What strangers ask. */
const REFUSED = [
  `WITH a(x) AS (VALUES ${Array.from({ length: 210 }, () => "(1)").join(",")}) SELECT count(*) FROM a p, a q, a r, a s`,
  "SELECT instr(hex(zeroblob(900000)), hex(zeroblob(450000)) || '1')",
  "WITH x AS (SELECT 1) UPDATE runs SET output = zeroblob(1000000)",
  "SELECT count(*) FROM results a, results b WHERE a.company < b.company",
  `SELECT ${"(".repeat(9_000)}1`,
]

/** SQL of strangers on a large group. */
export const sql: BenchCase = {
  name: "sql",
  run: async ({ folder, repeats, log }) => {
    const simulator = await startSimulator(folder, {
      runs: { ...AT_ONCE.runs, overrides: [{ output_bytes: OUTPUT_BYTES }] },
    })
    const product = await startProduct(folder, simulator.url, { data: "sql" })
    try {
      const id = await submit(product.url, submissionBody(ROWS))
      await whenDone(product.url, id, 900_000)
      log(`a group of ${ROWS} runs is there`)
      const ask = async (statement: string) => {
        const body = JSON.stringify({ type: "query", id: "1", statement })
        const started = performance.now()
        const answer = await text(`${product.url}/${id}.db`, { method: "POST", body })
        return { ms: performance.now() - started, answered: answer.text.startsWith('{"result"') }
      }
      const measure = async (statement: string, expected: boolean): Promise<Line> => {
        const { ours, control } = await alternate(
          // What takes milliseconds varies by milliseconds.
          expected ? repeats : 4 * repeats + 1,
          () => ask(statement),
          () => ask(CONTROL),
        )
        if (ours.some(({ answered }) => answered !== expected))
          throw new Error(`${expected ? "refused" : "answered"}: ${statement.slice(0, 200)}`)
        const [mine, theirs] = [ours, control].map((all) => all.map(({ ms }) => ms)) as [number[], number[]]
        const goal = expected ? ANSWER_GOAL_MS : REFUSAL_GOAL_MS
        return {
          measure: `${expected ? "" : "refused: "}\`${statement.slice(0, 90)}\``,
          ours: spread(mine, "ms"),
          control: spread(theirs, "ms"),
          result: `${figure(median(mine) / median(theirs))}×`,
          goal: `≤ ${goal} ms`,
          met: median(mine) <= goal,
        }
      }
      const lines: Array<Line> = []
      for (const statement of ANSWERED) lines.push(await measure(statement, true))
      for (const statement of REFUSED) lines.push(await measure(statement, false))
      return {
        name: `SQL on ${ROWS.toLocaleString("en-US")} rows of about 1 kB`,
        about: `Over HTTP, through the Worker, against \`${CONTROL}\` asked in turn. The first answer after a change also measures the tables; it is the warm-up here.`,
        lines,
      }
    } finally {
      await product.stop()
      await simulator.stop()
    }
  },
}
