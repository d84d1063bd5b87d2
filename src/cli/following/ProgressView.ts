import type { World } from "../World.ts"
import { type ProgressFacts, progressLine } from "./progressLine.ts"
import { number } from "./words.ts"

/** Shows people how far a group is. */
export interface ProgressView {
  /** There is something to show. Again: nothing. */
  readonly start: () => void
  /** A sentence that stays. */
  readonly say: (text: string) => void
  /** No more changes are shown. */
  readonly stop: () => void
  /** Whether it shows for itself that a connection is lost. */
  readonly showsTrouble: boolean
}

const DRAW_MS = 125
const LOOK_MS = 1_000
const UNKNOWN_WIDTH = 80

export const openView = (
  world: Pick<World, "stderr" | "env" | "now">,
  facts: () => ProgressFacts,
): ProgressView =>
  world.stderr.isTTY === true && world.env["TERM"] !== "dumb"
    ? barView(world, facts)
    : plainView(world, facts)

const TO_START = "\r"
const CLEAR_REST = "\u001b[K"

/** One line that is drawn anew, at most eight times a second and only where it changes. */
const barView = ({ stderr }: Pick<World, "stderr">, facts: () => ProgressFacts): ProgressView => {
  let drawn = ""
  let timer: NodeJS.Timeout | undefined
  const draw = () => {
    // In its last column some terminals go on to the next line.
    const line = progressLine(facts(), (stderr.columns ?? UNKNOWN_WIDTH) - 1)
    if (line === drawn) return
    stderr.write(`${TO_START}${line}${CLEAR_REST}`)
    drawn = line
  }
  const clear = () => {
    if (drawn !== "") stderr.write(`${TO_START}${CLEAR_REST}`)
    drawn = ""
  }
  return {
    start: () => {
      if (timer !== undefined) return
      draw()
      timer = setInterval(draw, DRAW_MS)
    },
    say: (text) => {
      const wasDrawn = drawn !== ""
      clear()
      stderr.write(`${text}\n`)
      if (wasDrawn) draw()
    },
    stop: () => {
      clearInterval(timer)
      clear()
    },
    showsTrouble: true,
  }
}

const STEP_PERCENT = 10
const MIN_BETWEEN_MS = 60_000

/** For logs: a line at the start, and one for each further tenth, but not more than one a minute. */
const plainView = (
  { stderr, now }: Pick<World, "stderr" | "now">,
  facts: () => ProgressFacts,
): ProgressView => {
  let step = 0
  let said = 0
  let timer: NodeJS.Timeout | undefined
  const say = (text: string) => void stderr.write(`${text}\n`)
  const tell = () => {
    const { ended, total, failed } = facts()
    if (total === null) return
    step = stepOf(ended, total)
    said = now()
    const bad = failed === 0 ? "" : `, ${number(failed)} failed`
    say(`${number(ended)} of ${number(total)} rows have ended${bad}.`)
  }
  const look = () => {
    const { ended, total } = facts()
    if (total !== null && stepOf(ended, total) > step && now() - said >= MIN_BETWEEN_MS) tell()
  }
  return {
    start: () => {
      if (timer !== undefined) return
      tell()
      timer = setInterval(look, LOOK_MS)
    },
    say,
    stop: () => clearInterval(timer),
    showsTrouble: false,
  }
}

const stepOf = (ended: number, total: number): number =>
  total === 0 ? 0 : Math.floor((100 * ended) / total / STEP_PERCENT)
