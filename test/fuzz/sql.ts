import { type ChildProcess, fork } from "node:child_process"
import {
  CORPUS,
  heavyStatement,
  honestStatement,
  hostileStatement,
  mutatedStatement,
} from "../support/sqlStatements.ts"
import type { SqlVerdict } from "./sqlProcess.ts"
import type { Door, Outcome, Target } from "./target.ts"

/** When the process is ended: others may have had the processor. */
const MAX_WALL_MS = 5_000

/** A process that answers statements, made anew when one has to be ended. */
class Asked {
  private readonly rows: number
  private readonly padding: number
  private child: ChildProcess | null = null

  constructor(rows: number, padding: number) {
    this.rows = rows
    this.padding = padding
  }

  /** Null when no answer came in time. */
  async ask(sql: string): Promise<SqlVerdict | null> {
    const child = (this.child ??= await this.start())
    const verdict = await this.next<SqlVerdict>(child, MAX_WALL_MS, () => child.send(sql))
    if (verdict === null) this.stop()
    return verdict
  }

  stop(): void {
    this.child?.kill("SIGKILL")
    this.child = null
  }

  private async start(): Promise<ChildProcess> {
    const child = fork(
      new URL("./sqlProcess.ts", import.meta.url),
      [String(this.rows), String(this.padding)],
      {
        execArgv: [],
        stdio: ["ignore", "ignore", "ignore", "ipc"],
      },
    )
    if ((await this.next(child, 30_000, () => {})) === null) throw new Error("the SQL process does not start")
    return child
  }

  private next<A>(child: ChildProcess, ms: number, begin: () => void): Promise<A | null> {
    return new Promise((resolve) => {
      const settle = (value: A | null) => {
        clearTimeout(timer)
        child.removeAllListeners()
        resolve(value)
      }
      const timer = setTimeout(() => settle(null), ms)
      child.once("message", (message) => settle(message as A))
      child.once("exit", () => settle(null))
      begin()
    })
  }
}

interface Asking {
  readonly rows: number
  /** Bytes of a row that are more than it needs. */
  readonly padding: number
  /** Milliseconds of processor time that a statement may take. */
  readonly maxCpuMs: number
  readonly draw: Door["draw"]
}

const sqlTarget = (name: string, { rows, padding, maxCpuMs, draw }: Asking): Target => ({
  name,
  open: async () => {
    const asked = new Asked(rows, padding)
    const late = (verdict: SqlVerdict | null): boolean => verdict === null || verdict.cpuMs > maxCpuMs
    return {
      draw,
      send: async ({ text, kind, isCut }): Promise<Outcome> => {
        let verdict = await asked.ask(text)
        if (late(verdict)) verdict = await asked.ask(text)
        if (verdict === null)
          return {
            label: `${String(kind)}: endless`,
            violations: ["the statement does not end, or ends the process"],
          }
        const violations = [...verdict.violations]
        if (late(verdict)) violations.push(`the statement takes ${Math.round(verdict.cpuMs)} ms, twice`)
        const isLong = /more than \d+ (?:rows|characters)/.test(verdict.message)
        if (kind === "honest" && isCut !== true && verdict.label === "refused" && !isLong)
          violations.push(`an honest question is refused: ${verdict.message}`)
        return { label: `${String(kind)}: ${verdict.label}`, violations }
      },
      close: () => asked.stop(),
    }
  },
})

/** Statements for a group of 2,000 rows: what is answered is what SQLite says, in time, and nothing changes. */
export const sql = sqlTarget("sql", {
  rows: 2_000,
  padding: 0,
  maxCpuMs: 1_500,
  draw: (dice) =>
    dice.pick([
      () => ({ text: honestStatement(dice), kind: "honest" }),
      () => ({ text: hostileStatement(dice), kind: "hostile" }),
      () => ({ text: heavyStatement(dice), kind: "heavy" }),
      () => ({ text: mutatedStatement(dice, CORPUS), kind: "damaged" }),
    ])(),
})

/** Statements for a group of 50,000 rows of about 1 kB: whatever is asked takes a second at most. */
export const sqlLarge = sqlTarget("sqlLarge", {
  rows: 50_000,
  padding: 500,
  maxCpuMs: 1_000,
  draw: (dice) =>
    dice.pick([
      () => ({ text: honestStatement(dice), kind: "asked" }),
      () => ({ text: hostileStatement(dice), kind: "hostile" }),
      () => ({ text: heavyStatement(dice), kind: "heavy" }),
      () => ({ text: heavyStatement(dice), kind: "heavy" }),
    ])(),
})
