import type { ChangeNumber, GroupId, RunId } from "./Ids.ts"

/**
 * A task group as we hold and serve it. Rows keep JSON as text, so that a row can be sent without being parsed again.
 */

/** JSON text. */
export type JsonText = string

/** What the creator of a group tells its object, all of it public. */
export interface GroupInit {
  readonly taskgroupId: GroupId
  /** `{origin}/{taskgroup_id}` */
  readonly url: string
  /** As upstream said, RFC 3339; null when it said nothing. */
  readonly createdAt: string | null
  readonly metadata: JsonText
  readonly processor: string
  readonly taskSpec: JsonText
  /** What is passed on to Parallel in every run, an object's text; without secrets. */
  readonly runOptions: JsonText
  /** Union of the inputs' property names, in order of first appearance. */
  readonly inputColumns: ReadonlyArray<string>
  /** Property names that the output schema promises; more may show up in outputs. */
  readonly outputColumns: ReadonlyArray<string>
  readonly warnings: ReadonlyArray<string>
  readonly numInputs: number
}

/** What the creator tells the object that nobody else may see. */
export interface GroupSecrets {
  readonly apiKey: string
  readonly webhookUrl: string | null
  /** `whsec_…`; signs the webhook. */
  readonly webhookSecret?: string | null
  /** Members of `runOptions` as they are sent, where they hold secrets: an object's text. */
  readonly runSecrets?: JsonText | null
}

/**
 * `receiving`: inputs still come in; `active`: committed; `ended`: nothing will change any more; `removed`: gone for
 * everybody, and about to be emptied.
 */
export type GroupState = "receiving" | "active" | "ended" | "removed"

export interface GroupDetails extends GroupInit {
  readonly state: GroupState
  readonly statusMessage: string
  /** Epoch milliseconds. */
  readonly endedAt: number | null
  readonly removalAt: number | null
}

/** One attempt at one input. */
export interface RunRow {
  readonly inputIndex: number
  readonly attempt: number
  /** Null: the group's. */
  readonly processor: string | null
  /** Number of the newest change to this row. */
  readonly change: ChangeNumber
  readonly runId: RunId | null
  readonly status: string
  readonly createdAt: string | null
  readonly modifiedAt: string | null
  readonly input: JsonText
  /** The output's content. */
  readonly content: JsonText | null
  /** The output without its content: `{"type", "basis", …}`. */
  readonly output: JsonText | null
  /** `{"field": "high", …}` out of the basis. */
  readonly confidence: JsonText | null
  /**
   * Input and output merged, when putting their texts one after the other would repeat a property or hide `$id` or
   * `$status`; null otherwise. Empty when it had to make room: it is put together anew when it is read.
   */
  readonly merged: JsonText | null
  readonly error: JsonText | null
  readonly warnings: JsonText | null
  /** Properties of Parallel's run that differ from what follows from the rest of the row. */
  readonly extra: JsonText | null
}

/**
 * What a group is at, in a word; the last three are ends. `stopping`: rows were left unsent, and what was sent is
 * followed to its end; `stopped`: an end with such rows.
 */
export type StatusState =
  | "running"
  | "waiting_for_credit"
  | "key_refused"
  | "stopping"
  | "done"
  | "stopped"
  | "given_up"

/** Parallel's own shape of a group's status, computed from the rows, and what we add to it. */
export interface TaskGroupStatus {
  readonly num_task_runs: number
  readonly task_run_status_counts: Readonly<Record<string, number>>
  readonly is_active: boolean
  readonly status_message: string
  readonly modified_at: string
  readonly state: StatusState
  /** Of all runs started so far, at list price, retries included; null where a processor has none. */
  readonly estimated_cost_usd: number | null
}

/** The JSON format of a group. */
export interface TaskGroupResultOutput {
  readonly taskgroup_id: GroupId
  readonly metadata: unknown
  readonly status: TaskGroupStatus
  readonly created_at: string
  readonly results: ReadonlyArray<Record<string, unknown>>
  readonly runs: ReadonlyArray<Record<string, unknown>>
}

/** Rows `from` (inclusive) to `to` (exclusive), by input index. */
export interface Range {
  readonly from: number
  readonly to: number
}

/** A refusal that is not in Parallel's own shape: a proxy in between has a status and a page of its own. */
export interface EdgeRefusal {
  readonly status: number
  readonly message: string
}

/** Rows to be sent with one request. */
export interface Batch {
  /** Of this plan alone, and never given again. */
  readonly id: number
  /** In order; a row is in one batch of a plan at most. */
  readonly rows: ReadonlyArray<Range>
  /** How an edge refused it before, when nothing of it had arrived. */
  readonly edge?: EdgeRefusal
  /** The group was stopped while it was under way: what of it is not upstream is not sent any more. */
  readonly stopped?: true
}

/** What is asked again after growing waits. */
export interface Waiting {
  /** Milliseconds: for credit in time that upstream answered (`FollowMemory`), for an edge since the epoch. */
  readonly since: number
  /** When to ask again, epoch milliseconds. */
  readonly next: number
  /** How often it was asked in vain. */
  readonly rounds: number
}

/**
 * Where the submission stands. It is written before a request is sent, so that after a crash nothing is sent twice.
 */
export interface SubmissionPlan {
  /** The id of the next batch. */
  readonly next: number
  /** Batches that are not upstream for certain. */
  readonly todo: ReadonlyArray<Batch>
  /** Batches whose request may be under way. */
  readonly sending: ReadonlyArray<Batch & { readonly since: number }>
  /** Batches whose answer was lost: they may be upstream, wholly, in part or not at all. */
  readonly lost: ReadonlyArray<Batch & { readonly since: number }>
  /** Credit is lacking. */
  readonly credit: Waiting | null
  /** An edge refuses batches; `selective` when it has let others pass meanwhile, so that the fault is with the rows. */
  readonly edge: (Waiting & { readonly selective: boolean }) | null
  /** Rows have been left unsent, and nobody has asked for more since. */
  readonly stopped: boolean
  /** Somebody was told that the group has taken more in: it does not go any more because upstream refuses it. */
  readonly kept: boolean
}

export const EMPTY_PLAN: SubmissionPlan = {
  next: 0,
  todo: [],
  sending: [],
  lost: [],
  credit: null,
  edge: null,
  stopped: false,
  kept: false,
}

export const isPlanDone = (plan: SubmissionPlan): boolean =>
  plan.todo.length === 0 && plan.sending.length === 0 && plan.lost.length === 0
