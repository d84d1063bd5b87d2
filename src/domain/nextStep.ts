import { totalEnded } from "./Counts.ts"
import type { StatusState, TaskGroupStatus } from "./TaskGroup.ts"

/** What of a status the words are made of. */
export type StatusFacts = Pick<TaskGroupStatus, "state" | "num_task_runs" | "task_run_status_counts">

/**
 * How a group looks: `well` is a whole result, `partly` one that lacks rows, `waiting` goes on by itself or with
 * somebody's help, `ill` has nothing or is in trouble.
 */
export type Look = "well" | "partly" | "waiting" | "ill" | "plain"

/** What a group is at: its state, but for a group that is done, whose counts say how it ended. */
type Standing =
  | Exclude<StatusState, "done">
  | "whole"
  | "with_failures"
  | "in_part"
  | "all_failed"
  | "no_result"

/** The mark is for a tab's title: each end has its own. */
const STANDINGS: Readonly<Record<Standing, readonly [label: string, look: Look, mark: string]>> = {
  running: ["Running", "plain", ""],
  waiting_for_credit: ["Waiting for credit", "waiting", "$"],
  key_refused: ["Key refused", "ill", "!"],
  stopping: ["Stopping", "waiting", ""],
  whole: ["Complete", "well", "✓"],
  with_failures: ["Done with failures", "partly", "◑"],
  in_part: ["Done in part", "partly", "◑"],
  all_failed: ["All failed", "ill", "✗"],
  no_result: ["Ended without a result", "ill", "✗"],
  stopped: ["Stopped", "waiting", "■"],
  given_up: ["Given up", "ill", "⊘"],
}

const OF_DONE: ReadonlyArray<string> = ["whole", "with_failures", "in_part", "all_failed", "no_result"]

export const isStatusState = (value: unknown): value is StatusState =>
  value === "done" ||
  (typeof value === "string" && Object.hasOwn(STANDINGS, value) && !OF_DONE.includes(value))

const standingOf = ({ state, num_task_runs, task_run_status_counts }: StatusFacts): Standing => {
  if (state !== "done") return state
  const { completed = 0, failed = 0 } = task_run_status_counts
  if (completed === num_task_runs) return "whole"
  if (completed === 0) return failed === num_task_runs ? "all_failed" : "no_result"
  return failed > 0 ? "with_failures" : "in_part"
}

/** What a group is at, in a word or three, and how it looks. */
export const stateLabel = (status: StatusFacts): readonly [label: string, look: Look] => {
  const [label, look] = STANDINGS[standingOf(status)]
  return [label, look]
}

const integers = new Intl.NumberFormat("en")

/** How far a group is, or what became of it, in one line: "13 of 5,000 rows finished", "All 6 rows failed". */
export const headline = (status: StatusFacts): string => {
  const { state, num_task_runs: total, task_run_status_counts: counts } = status
  if (total === 0) return "No rows yet"
  const ended = totalEnded(counts)
  const isOver = ENDS.includes(state) && ended === total
  const words = isOver ? outcome(status) : `${integers.format(ended)} of ${rowsOf(total)} finished`
  return state === "running" || state === "done" ? words : `${stateLabel(status)[0]}: ${words}`
}

const ENDS: ReadonlyArray<StatusState> = ["done", "stopped", "given_up"]

const rowsOf = (count: number): string => `${integers.format(count)} ${count === 1 ? "row" : "rows"}`

/** What became of rows that have all ended. */
const outcome = ({ state, num_task_runs: total, task_run_status_counts: counts }: StatusFacts): string => {
  const { completed = 0, failed = 0, cancelled = 0 } = counts
  const unsent = state === "done" ? "cancelled" : "not sent"
  const all = completed === total ? "done" : failed === total ? "failed" : cancelled === total ? unsent : null
  if (all !== null) return total === 1 ? `The row ${ROW_IS[all]}` : `All ${rowsOf(total)} ${all}`
  const rest = [
    failed > 0 && `${integers.format(failed)} failed`,
    cancelled > 0 && `${integers.format(cancelled)} ${unsent}`,
  ]
  return [`${integers.format(completed)} of ${rowsOf(total)} done`, ...rest].filter(Boolean).join(", ")
}

const ROW_IS = { done: "is done", failed: "failed", cancelled: "was cancelled", "not sent": "was not sent" }

/** How far a group is, for the title of a tab: "4/8", "✓ 8", "◑ 6/8", "✗ 8 failed". */
export const tabText = (status: StatusFacts): string => {
  const { state, num_task_runs: total, task_run_status_counts: counts } = status
  const standing = standingOf(status)
  const done = ENDS.includes(state) ? (counts.completed ?? 0) : totalEnded(counts)
  const figures =
    standing === "whole"
      ? integers.format(total)
      : standing === "all_failed"
        ? `${integers.format(total)} failed`
        : `${integers.format(done)}/${integers.format(total)}`
  return [STANDINGS[standing][2], figures].filter(Boolean).join(" ")
}

const WITH_KEY = " with an API key in x-api-key"
const WITH_GOOD_KEY = " with a key that Parallel accepts, in x-api-key"

type Act = "retry" | "inputs" | "stop" | "resume"

/**
 * How whoever reads calls an act; `key` is what its call needs, in words. Null where there is nothing to be called:
 * then nothing is said of it. `onlyFailed`: a retry so called leaves out what was not sent.
 */
interface NameAct {
  (act: Act, key: string): string | null
  readonly onlyFailed?: boolean
}

const TOOLS: Readonly<Record<Act, string | null>> = {
  retry: "retryFailed",
  inputs: "addInputs",
  stop: "stopTaskGroup",
  resume: null,
}

/** Names for whoever has the tools, which bring their key: the call only where there is no tool. */
export const toolNames =
  (url: string): NameAct =>
  (act, key) =>
    TOOLS[act] ?? `POST ${url}/${act}${key}`

const BUTTONS: Readonly<Record<Act, string | null>> = {
  retry: "Retry failed rows",
  // It is always there, and speaks for itself.
  inputs: null,
  stop: "Stop",
  resume: "Resume",
}

/**
 * The same acts as buttons of a page. `canStop`: there is something that a stop would leave out. `under` is what they are
 * folded behind, if they are.
 */
export const buttonNames = (canStop: boolean, under: string | null): NameAct => {
  const where = under === null ? "" : ` (under “${under}”)`
  const name = (act: Act, key: string) => {
    const button = act === "stop" && !canStop ? null : BUTTONS[act]
    const good = key === WITH_GOOD_KEY ? ", with a key that Parallel accepts" : ""
    return button === null ? null : `“${button}”${where}${good}`
  }
  return Object.assign(name, { onlyFailed: true })
}

const rows = (count: number, verb: readonly [one: string, many: string]): string =>
  `${count} ${count === 1 ? `row ${verb[0]}` : `rows ${verb[1]}`}`

/**
 * What a group is at and what can be done next, in plain sentences for people and for programs that read. Acts are named
 * as the API's calls unless otherwise. `id` is the group's.
 */
export const nextStep = (
  status: StatusFacts,
  id: string,
  call: NameAct = (act, key) => `POST /${id}/${act}${key}`,
): string => {
  const { failed = 0, cancelled = 0 } = status.task_run_status_counts
  const unsent = cancelled === 0 ? "" : `${rows(cancelled, ["was", "were"])} not sent`
  const again =
    failed === 0
      ? ""
      : ` ${rows(failed, ["has", "have"])} failed; ${call("retry", "")} runs them again, as new runs${cancelled === 0 || call.onlyFailed ? "" : ", and sends what was not sent, too"}.`
  switch (status.state) {
    case "running": {
      const stop = call("stop", WITH_KEY)
      return `Nothing need be done: results come in by themselves.${stop === null ? "" : ` To send no more rows: ${stop}.`}`
    }
    case "waiting_for_credit":
      return `Add credit to the account at Parallel: the rows that are left are then sent by themselves, tried at most an hour apart for 24 hours. To send them at once, or after that: ${call("resume", WITH_KEY)}.`
    case "key_refused":
      return `Parallel refuses the API key that this group was given. To go on: ${call("resume", WITH_GOOD_KEY)}.`
    case "stopping":
      return `No more rows are sent; those at Parallel are followed to their end.${unsent && ` ${unsent}: ${call("resume", WITH_KEY)} sends them.`}`
    case "stopped":
      return `${unsent || "Some rows were not sent"}: ${call("resume", WITH_KEY)} sends them.${again}`
    case "given_up": {
      const open = status.num_task_runs - totalEnded(status.task_run_status_counts)
      const followed = open === 0 ? "" : `follows ${rows(open, ["that has", "that have"])} not ended`
      const sent = cancelled === 0 ? "" : `sends ${rows(cancelled, ["that was", "that were"])} not sent`
      const does = [followed, sent].filter(Boolean).join(" and ") || "goes on"
      return `The results were given up on, and nothing more comes in. ${call("resume", WITH_GOOD_KEY)}, ${does}.${again}`
    }
    case "done":
      return doneStep(status, call)
  }
}

const doneStep = (status: StatusFacts, call: NameAct): string => {
  const { failed = 0, cancelled = 0 } = status.task_run_status_counts
  const lacking = failed + cancelled
  const retry = call("retry", WITH_KEY)
  const inputs = call("inputs", WITH_KEY)
  if (lacking === 0) return `Every row is done.${inputs === null ? "" : ` To add rows: ${inputs}.`}`
  const how = cancelled === 0 ? "failed" : failed === 0 ? "was cancelled" : "failed or was cancelled"
  if (lacking === status.num_task_runs)
    return `Not one row has a result: each ${how}, and says why. Once that is put right, ${retry} runs all of them again, as new runs.`
  return `${rows(lacking, ["has", "have"])} no result and ${lacking === 1 ? "says" : "say"} why: ${retry} runs what ${how} again, as new runs.`
}
