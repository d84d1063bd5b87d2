import type { StreamState } from "../client/events.ts"
import type { TaskGroup } from "../client/TaskGroup.ts"
import type { TaskGroupStatus } from "../client/types.ts"
import { totalEnded } from "../domain/Counts.ts"
import { Pace } from "./following/Pace.ts"
import type { ProgressFacts } from "./following/progressLine.ts"
import { openView, type ProgressView } from "./following/ProgressView.ts"
import { Tally, type Unfinished } from "./following/Tally.ts"
import { countsText, duration, number } from "./following/words.ts"
import { terminalText } from "./terminalText.ts"
import type { World } from "./World.ts"

export { failuresText } from "./following/failuresText.ts"

export interface Followed {
  readonly status: TaskGroupStatus
  /** How many rows the group has. */
  readonly total: number
  /** Rows that did not complete, the first 100. */
  readonly unfinished: ReadonlyArray<Unfinished>
  readonly unfinishedCount: number
}

export interface FollowOptions {
  readonly world: Pick<World, "stderr" | "env" | "now">
  readonly group: Pick<TaskGroup, "events" | "status">
  /** Rows of the group, where that is known before the group says it. */
  readonly total: number | null
  /** For all rows, from now on. */
  readonly estimatedSeconds: { readonly min: number; readonly max: number } | null
  readonly signal?: AbortSignal | undefined
}

const MAX_UNFINISHED = 100

/**
 * Shows on standard error how a group comes to its end, and says what has become of it. Rejects with a `MultitaskError`,
 * or with the signal's reason.
 */
export const followGroup = async (options: FollowOptions): Promise<Followed> => {
  const { world, group, signal } = options
  const begun = world.now()
  const tally = new Tally(options.total)
  const pace = new Pace(begun, options.estimatedSeconds)
  const connection = new ConnectionWords()
  const view = openView(world, () => factsOf(tally, pace, connection, world.now()))
  let wasOver: boolean | null = null
  let lastState = ""
  try {
    if (tally.total !== null) view.start()
    const onState = (state: StreamState) => connection.take(state, view)
    for await (const event of group.events({ basis: "none", onState, signal })) {
      tally.take(event)
      const { status } = tally
      if (status === null) continue
      pace.note(world.now(), tally.ended)
      // Who says how many rows there are has just sent them.
      wasOver ??= options.total === null && !status.is_active
      if (status.state !== lastState && SAYS_WHY.has(status.state))
        view.say(terminalText(status.status_message))
      lastState = status.state
      if (!wasOver) view.start()
    }
    const status = tally.status?.is_active === false ? tally.status : await group.status({ signal })
    view.stop()
    view.say(endText(status, wasOver === true ? null : (world.now() - begun) / 1000))
    return followedOf(status, tally)
  } finally {
    view.stop()
  }
}

/** States in which nothing goes on by itself, or something was left out. */
const SAYS_WHY: ReadonlySet<string> = new Set([
  "waiting_for_credit",
  "key_refused",
  "stopping",
  "stopped",
  "given_up",
])

const factsOf = (tally: Tally, pace: Pace, connection: ConnectionWords, now: number): ProgressFacts => {
  const { ended, total, counts } = tally
  return {
    ended,
    total,
    failed: counts["failed"] ?? 0,
    perMinute: pace.perMinute(now, ended),
    secondsLeft: total === null ? null : pace.secondsLeft(now, ended, total),
    trouble: connection.trouble,
  }
}

/** `seconds`: null when it had ended before anybody followed it. */
const endText = (status: TaskGroupStatus, seconds: number | null): string => {
  const counts = status.task_run_status_counts
  const count = `${number(totalEnded(counts))} of ${number(status.num_task_runs)}`
  const what = terminalText(countsText(counts))
  return seconds === null
    ? `The task group had ended before: ${count}, ${what}.`
    : `${count} in ${duration(seconds)}: ${what}`
}

const followedOf = (status: TaskGroupStatus, { unfinished }: Tally): Followed => ({
  status,
  total: status.num_task_runs,
  unfinished: [...unfinished.values()].toSorted((a, b) => a.index - b.index).slice(0, MAX_UNFINISHED),
  unfinishedCount: unfinished.size,
})

/** A first break heals at once as a rule; in a log only a longer one is worth a line. */
const WORTH_A_LINE = 2

/** What is said of the connection. */
class ConnectionWords {
  trouble: string | null = null
  private hasSaid = false

  take(state: StreamState, view: ProgressView): void {
    if (state.kind === "live") {
      this.trouble = null
      if (this.hasSaid) view.say("Connected again.")
      this.hasSaid = false
    } else if ("attempt" in state) {
      const what = state.kind === "busy" ? "the server is busy" : "connection lost"
      this.trouble = `${what}, trying again`
      if (view.showsTrouble || this.hasSaid || state.attempt < WORTH_A_LINE) return
      this.hasSaid = true
      view.say(state.kind === "busy" ? BUSY : LOST)
    }
  }
}

const LOST = "The connection is lost; trying again. The task group goes on meanwhile."
const BUSY = "The server is busy; trying again. The task group goes on meanwhile."
