import { totalEnded } from "./Counts.ts"
import type { StatusState, TaskGroupStatus } from "./TaskGroup.ts"

/** What of a status the words are made of. */
export type StatusFacts = Pick<TaskGroupStatus, "state" | "num_task_runs" | "task_run_status_counts">

/** How a state looks: `well` is a whole result, `waiting` goes on by itself or with somebody's help, `ill` lacks something. */
export type Look = "well" | "waiting" | "ill" | "plain"

const LABELS: Readonly<Record<StatusState, readonly [label: string, look: Look]>> = {
  running: ["Running", "plain"],
  waiting_for_credit: ["Waiting for credit", "waiting"],
  key_refused: ["Key refused", "ill"],
  stopping: ["Stopping", "waiting"],
  done: ["Complete", "well"],
  stopped: ["Stopped", "waiting"],
  given_up: ["Given up", "ill"],
}

export const isStatusState = (value: unknown): value is StatusState =>
  typeof value === "string" && Object.hasOwn(LABELS, value)

/** What a group is at, in a word or three, and how it looks. */
export const stateLabel = (status: StatusFacts): readonly [label: string, look: Look] => {
  const { completed = 0 } = status.task_run_status_counts
  if (status.state !== "done" || completed === status.num_task_runs) return LABELS[status.state]
  return completed === 0 ? ["Ended without a result", "ill"] : ["Ended", "plain"]
}

const WITH_KEY = " with an API key in x-api-key"
const WITH_GOOD_KEY = " with a key that Parallel accepts, in x-api-key"

type Act = "retry" | "inputs" | "stop" | "resume"

/** How whoever reads calls an act; `key` is what its call needs, in words. */
type NameAct = (act: Act, key: string) => string

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
      : ` ${rows(failed, ["has", "have"])} failed; ${call("retry", "")} runs them again, as new runs${cancelled === 0 ? "" : ", and sends what was not sent, too"}.`
  switch (status.state) {
    case "running":
      return `Nothing need be done: results come in by themselves. To send no more rows: ${call("stop", WITH_KEY)}.`
    case "waiting_for_credit":
      return `Add credit to the account at Parallel: the rows that are left are then sent by themselves, tried at most an hour apart for 24 hours. After that, ${call("resume", WITH_KEY)} sends them.`
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
  if (lacking === 0) return `Every row is done. To add rows: ${call("inputs", WITH_KEY)}.`
  const how = cancelled === 0 ? "failed" : failed === 0 ? "was cancelled" : "failed or was cancelled"
  if (lacking === status.num_task_runs)
    return `Not one row has a result: each ${how}, and says why. Once that is put right, ${retry} runs all of them again, as new runs.`
  return `${rows(lacking, ["has", "have"])} no result and ${lacking === 1 ? "says" : "say"} why: ${retry} runs what ${how} again, as new runs.`
}
