import { type ChildProcess, fork } from "node:child_process"
import { CORPUS, honestStatement, hostileStatement, mutatedStatement } from "../support/sqlStatements.ts"
import type { SqlVerdict } from "./sqlProcess.ts"
import type { Outcome, Target } from "./target.ts"

/** For 2,000 rows. */
const MAX_CPU_MS = 1_500
/** When the process is ended: others may have had the processor. */
const MAX_WALL_MS = 5_000

/** A process that answers statements, made anew when one has to be ended. */
class Asked {
  private child: ChildProcess | null = null

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
    const child = fork(new URL("./sqlProcess.ts", import.meta.url), {
      execArgv: [],
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    })
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

/** An answer is bounded, whoever asks. */
const TOO_MANY = /^The answer has more than \d+ rows/

const late = (verdict: SqlVerdict | null): boolean => verdict === null || verdict.cpuMs > MAX_CPU_MS

/** Statements for a group of 2,000 rows: what is answered is what SQLite says, in time, and nothing changes. */
export const sql: Target = {
  name: "sql",
  open: async () => {
    const asked = new Asked()
    return {
      draw: (dice) =>
        dice.pick([
          () => ({ text: honestStatement(dice), kind: "honest" }),
          () => ({ text: hostileStatement(dice), kind: "hostile" }),
          () => ({ text: mutatedStatement(dice, CORPUS), kind: "damaged" }),
        ])(),
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
        if (
          kind === "honest" &&
          isCut !== true &&
          verdict.label === "refused" &&
          !TOO_MANY.test(verdict.message)
        )
          violations.push(`an honest question is refused: ${verdict.message}`)
        return { label: `${String(kind)}: ${verdict.label}`, violations }
      },
      close: () => asked.stop(),
    }
  },
}
