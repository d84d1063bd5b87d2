import type { GroupId } from "./Ids.ts"
import type { SettingsShape } from "./Settings.ts"
import type { JsonText } from "./TaskGroup.ts"

/**
 * The record of one `Idempotency-Key`, as a state machine without I/O: the request that holds the key may submit,
 * everybody else gets the holder's answer or waits for it.
 *
 * acquired → created → committing → done. Up to `created` nothing can have been paid for, so that a key whose lease ran
 * out (the Worker died) is simply taken over. From `committing` on the group's object may hold a committed group, so
 * that it must be asked before anybody submits again.
 *
 * An act on a group that is there goes acquired → done, a DELETE by `created`, since its answer must outlast the group.
 * Its object knows whether the act was done and answers a repetition as it answered the first: whoever takes a key over
 * just sends the act. But the record stays then, since it is in doubt what the holder before has done.
 */
type IdempotencyStage = "acquired" | "created" | "committing" | "done"

/** The group that the holder created at Parallel, or acted on, and the complete answer to its request. */
export interface CreatedGroup {
  readonly taskgroupId: GroupId
  readonly url: string
  readonly answer: JsonText
}

/** What is stored: hashes, no key and no body. Times are epoch milliseconds of the record's object. */
export interface IdempotencyRecord {
  /** Who holds the key: a random name that each request gives itself. */
  readonly token: string
  readonly bodyHash: string
  readonly stage: IdempotencyStage
  /** Until then the holder counts as alive. */
  readonly leaseUntil: number
  readonly committingAt: number | null
  /** From then on the key is free again. */
  readonly expiresAt: number
  readonly group: CreatedGroup | null
  /** An earlier holder may have done the act. */
  readonly inDoubt?: true
}

/** A request with an `Idempotency-Key` that changes a group: hashes, which lead back to no key. */
export interface IdempotentAct {
  /** Of the API key and the `Idempotency-Key`. */
  readonly name: string
  /** Of method, path, query and body. */
  readonly bodyHash: string
}

export interface IdempotencyRequest {
  readonly token: string
  readonly bodyHash: string
  /** Who was committing, if the caller has looked and that group is not there. */
  readonly notThere: string | null
  /** It acts on a group that is there. */
  readonly isAct?: boolean
}

export type IdempotencyOutcome =
  /** The caller holds the key, and submits. `before`: there was a holder who may have done the act. */
  | { readonly _tag: "Yours"; readonly before?: EarlierHolder }
  /** The key belongs to another request. */
  | { readonly _tag: "OtherBody" }
  /** The holder is at work for at most that long. */
  | { readonly _tag: "InProgress"; readonly leaseMs: number; readonly group: CreatedGroup | null }
  /** The holder died while it committed: the group's object knows. If it has no group, wait that long. */
  | {
      readonly _tag: "Unknown"
      readonly token: string
      readonly waitMs: number
      readonly group: CreatedGroup
    }
  | { readonly _tag: "Done"; readonly group: CreatedGroup }

export interface EarlierHolder {
  /** What it was going to answer, where it has said so: a DELETE does. */
  readonly announced: CreatedGroup | null
}

export interface IdempotencyTimes {
  /** Leases: how long a living holder may take for each stage. A lease that is too short costs work, never money. */
  readonly preparingMs: number
  readonly handingOverMs: number
  readonly committingMs: number
  /** After this time a group that is not there will never be committed. */
  readonly uncertainMs: number
  readonly keepMs: number
}

/** For the calls between the Worker and its objects, their repetitions included. */
const GRACE_MS = 30_000
/** Clocks of two objects differ, and alarms may be late. */
const SLACK_MS = 60_000

export const idempotencyTimesOf = (settings: SettingsShape): IdempotencyTimes => {
  const uncommittedMs = settings.UNCOMMITTED_MINUTES * 60_000 + SLACK_MS
  // A record that is forgotten while a commit may still come would protect nobody.
  const keepMs = Math.max(settings.IDEMPOTENCY_HOURS * 3_600_000, 2 * uncommittedMs)
  // Where a finished group is removed sooner than its record, its absence says nothing.
  const absenceTells = settings.RETENTION_DAYS * 86_400_000 >= keepMs
  return {
    preparingMs: settings.PREPARE_SECONDS * 1000 + GRACE_MS,
    handingOverMs: 2 * GRACE_MS,
    committingMs: settings.SUBMIT_WAIT_SECONDS * 1000 + GRACE_MS,
    uncertainMs: absenceTells ? uncommittedMs : keepMs,
    keepMs,
  }
}

const freshRecord = (
  { token, bodyHash }: IdempotencyRequest,
  now: number,
  times: IdempotencyTimes,
): IdempotencyRecord => ({
  token,
  bodyHash,
  stage: "acquired",
  leaseUntil: now + times.preparingMs,
  committingAt: null,
  expiresAt: now + times.keepMs,
  group: null,
})

/** Answers a request for the key; `record` is what is to be stored from now on, null when nothing changes. */
export const answerRequest = (
  stored: IdempotencyRecord | null,
  request: IdempotencyRequest,
  now: number,
  times: IdempotencyTimes,
): { readonly outcome: IdempotencyOutcome; readonly record: IdempotencyRecord | null } => {
  const fresh = freshRecord(request, now, times)
  const take = { outcome: { _tag: "Yours" }, record: fresh } as const
  const leave = (outcome: IdempotencyOutcome) => ({ outcome, record: null })
  if (stored === null || now >= stored.expiresAt) return take
  const { group, leaseUntil, token } = stored
  // The call is repeated when its answer is lost.
  if (token === request.token)
    return leave(stored.inDoubt ? { _tag: "Yours", before: { announced: group } } : take.outcome)
  if (stored.bodyHash !== request.bodyHash) return leave({ _tag: "OtherBody" })
  if (stored.stage === "done" && group !== null) return leave({ _tag: "Done", group })
  if (now < leaseUntil) return leave({ _tag: "InProgress", leaseMs: leaseUntil - now, group })
  if (request.isAct === true)
    return {
      outcome: { _tag: "Yours", before: { announced: group } },
      record: { ...fresh, group, inDoubt: true },
    }
  if (group === null || stored.committingAt === null) return take
  const waitMs = Math.max(0, stored.committingAt + times.uncertainMs - now)
  if (waitMs === 0 && request.notThere === token) return take
  return leave({ _tag: "Unknown", token, waitMs, group })
}

/** What the holder of a key reports. */
export type IdempotencyStep =
  | { readonly _tag: "created"; readonly group: CreatedGroup }
  | { readonly _tag: "committing" }
  /** An act's answer comes with its end. */
  | { readonly _tag: "done"; readonly group?: CreatedGroup }

const STAGES: ReadonlyArray<IdempotencyStage> = ["acquired", "created", "committing", "done"]

/** The record after a step, or null when the key is somebody else's. A call that arrives late or twice turns nothing back. */
export const advanceRecord = (
  stored: IdempotencyRecord | null,
  token: string,
  step: IdempotencyStep,
  now: number,
  times: IdempotencyTimes,
): IdempotencyRecord | null => {
  if (stored === null || now >= stored.expiresAt || stored.token !== token) return null
  if (STAGES.indexOf(stored.stage) >= STAGES.indexOf(step._tag)) return stored
  switch (step._tag) {
    case "created":
      return { ...stored, stage: "created", leaseUntil: now + times.handingOverMs, group: step.group }
    case "committing":
      return { ...stored, stage: "committing", leaseUntil: now + times.committingMs, committingAt: now }
    case "done":
      return { ...stored, stage: "done", group: step.group ?? stored.group }
  }
}

/** The record when its holder gives the key back; null: nothing of it is kept. `inDoubt`: the act may have been done. */
export const releasedRecord = (
  stored: IdempotencyRecord,
  inDoubt: boolean,
  now: number,
): IdempotencyRecord | null =>
  inDoubt || stored.inDoubt ? { ...stored, leaseUntil: now, inDoubt: true } : null
