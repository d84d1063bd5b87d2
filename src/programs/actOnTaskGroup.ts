import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import type { ActOf, ActOutcome, Standing } from "../domain/Act.ts"
import { ACT_FIELDS, type ActName, type ActRequest, decodeActRequest } from "../domain/ActRequest.ts"
import type { CreatedGroup, EarlierHolder, IdempotentAct } from "../domain/Idempotency.ts"
import type { GroupId } from "../domain/Ids.ts"
import { bodyOf, MultitaskBody } from "../domain/MultitaskBody.ts"
import { failureProblem } from "../domain/RowReader.ts"
import type { JsonText } from "../domain/TaskGroup.ts"
import type { IdempotencyUnavailable } from "../services/Idempotency.ts"
import type { InputsLoader } from "../services/InputsLoader.ts"
import { type ApiKey, ParallelApi } from "../services/ParallelApi.ts"
import { Settings } from "../services/Settings.ts"
import { TaskGroups } from "../services/TaskGroups.ts"
import {
  type ActError,
  ActFailed,
  ActInDoubt,
  ActNotDone,
  type ActReason,
  NoSuchGroup,
  NotForThisKey,
  StillReceiving,
} from "./actErrors.ts"
import { handOverRows, planOfRows, rowsToAdd } from "./rowsToAdd.ts"
import { InvalidRequest, type KeyTakenOver } from "./createErrors.ts"
import { limitsOf } from "./decodeBody.ts"
import { KeyReused } from "./obtainKey.ts"
import { inTime } from "./prepareTask.ts"
import { refuseOwnKey } from "./refuseOwnKey.ts"

export interface ActOptions {
  readonly id: GroupId
  readonly act: ActName
  readonly key: ApiKey
  /** Random, new with every request: names its rows on their way, and itself where no `Idempotency-Key` does. */
  readonly token: string
  /** A body that was read from text, or a value. */
  readonly body: unknown
  /** What the query says of `dry_run`. */
  readonly asked?: boolean | undefined
}

/** An answer to an act, or a plan of one. */
export interface Acted {
  readonly url: string
  readonly answer: JsonText
  /** An earlier request with the same `Idempotency-Key` has got it before. */
  readonly replayed: boolean
  readonly isPlan: boolean
}

/** What an act under an `Idempotency-Key` has learnt from the key's record, and has to tell it. */
export interface ActGuard {
  readonly record: IdempotentAct
  /** Of the key; it may have done the act. */
  readonly before: EarlierHolder | null
  /** This is going to be the answer, and the group will not be there to tell. */
  announce(group: CreatedGroup): Effect.Effect<void, KeyTakenOver | IdempotencyUnavailable>
  /** Whether the act is on its way, so that nobody but the group's object knows whether it was done. */
  sent(isSent: boolean): void
}

type ActServices = ParallelApi | InputsLoader | TaskGroups | Settings

/**
 * Adds rows to a group that is there, runs some again, stops it, goes on with it, or deletes it. The key must be one that
 * Parallel lets read the group; until that is known nothing is fetched and nobody is told more than whether there is such
 * a group. Whether the act is done, and that it is done once, is decided by the group's object in one transaction.
 */
export const actOnTaskGroup = Effect.fn("actOnTaskGroup")(function* (options: ActOptions) {
  return yield* actDecoded(yield* decodeAct(options), options, null)
})

/** What an act's body asks for. Nothing is asked of anybody for it. */
export const decodeAct = Effect.fn("decodeAct")(function* ({
  act,
  body,
  asked,
  key,
}: Omit<ActOptions, "id" | "token">): Effect.fn.Return<ActRequest, InvalidRequest, Settings> {
  const limits = limitsOf(yield* Settings)
  const read = body instanceof MultitaskBody ? body : bodyOf(body, limits, ACT_FIELDS[act])
  if (!(read instanceof MultitaskBody)) return yield* new InvalidRequest({ problems: [failureProblem(read)] })
  const decoded = decodeActRequest(act, read, asked, limits)
  if (Result.isFailure(decoded)) return yield* new InvalidRequest({ problems: [...decoded.failure] })
  const request = decoded.success
  if (request._tag === "inputs" && request.inputs._tag === "rows")
    yield* refuseOwnKey(key, { rows: request.inputs.rows })
  return request
})

/** Whether nothing is to change. */
export const isPlan = (request: ActRequest): boolean => "dryRun" in request && request.dryRun

/** The same of a body that has been looked at. */
export const actDecoded = Effect.fn("actDecoded")(function* (
  request: ActRequest,
  options: ActOptions,
  guard: ActGuard | null,
): Effect.fn.Return<Acted, ActError, ActServices> {
  const groups = yield* TaskGroups
  const { id, key } = options
  const standing = yield* groups
    .standing(id, Redacted.value(key))
    .pipe(Effect.mapError(() => notDone("The task group cannot be reached at the moment.")))
  if (standing === null) {
    const announced = guard?.before?.announced
    if (!announced) return yield* new NoSuchGroup()
    // The DELETE that was to be answered so is done.
    return { url: announced.url, answer: announced.answer, replayed: true, isPlan: false }
  }
  yield* inTime(tryKey(request, options, standing))
  return yield* (
    standing.state === "receiving"
      ? Effect.fail(new StillReceiving())
      : actWithGoodKey(request, options, guard, standing)
  ).pipe(
    Effect.mapError((reason) =>
      reason._tag === "NoSuchGroup" ? reason : new ActFailed({ reason, taskgroupId: id, url: standing.url }),
    ),
  )
})

/** Whether Parallel lets this key read the group. What spends nothing may go by the key that the group works with. */
const tryKey = Effect.fnUntraced(function* (
  { _tag }: ActRequest,
  { id, key }: ActOptions,
  standing: Standing,
) {
  if ((_tag === "stop" || _tag === "delete") && standing.holdsKey) return
  const api = yield* ParallelApi
  const notForThisKey = ({ message, refId }: { readonly message: string; readonly refId: string | null }) =>
    Effect.fail(new NotForThisKey({ message, refId }))
  yield* api.getTaskGroup(key, id).pipe(
    Effect.catchTags({
      Unauthorized: (refused) => (refused.status === 403 ? notForThisKey(refused) : Effect.fail(refused)),
      // Which of these Parallel answers for a group of somebody else is not documented.
      NotFound: notForThisKey,
      Rejected: notForThisKey,
    }),
  )
})

const actWithGoodKey = Effect.fnUntraced(function* (
  request: ActRequest,
  options: ActOptions,
  guard: ActGuard | null,
  standing: Standing,
): Effect.fn.Return<Acted, ActReason, ActServices> {
  const { url } = standing
  const { token } = options
  if (request._tag !== "inputs") return yield* send(request, options, guard, standing)
  // What a holder of the key before has added the object knows, whatever has become of the rows' URL, or of the room.
  if (guard?.before) {
    const nothing = { numInputs: 1, inputColumns: [], warnings: [] }
    const again = { _tag: "inputs", pieces: `${token} again`, ...nothing } as const
    const done = yield* Effect.result(send(again, options, guard, standing))
    if (done._tag === "Success") return done.success
  }
  const add = yield* rowsToAdd(options.key, request, standing)
  if (request.dryRun) return { url, answer: planOfRows(add, standing), replayed: false, isPlan: true }
  const { inputColumns, warnings } = add
  const numInputs = add.rows.texts.length
  yield* handOverRows(options.id, token, add.rows)
  return yield* send(
    { _tag: "inputs", pieces: token, numInputs, inputColumns, warnings },
    options,
    guard,
    standing,
  )
})

/** Tells the group's object. Told again when no answer comes: by its name it knows what it has done. */
const send = Effect.fnUntraced(function* (
  what: ActOf,
  { id, key, token }: ActOptions,
  guard: ActGuard | null,
  standing: Standing,
): Effect.fn.Return<Acted, ActReason, TaskGroups> {
  const groups = yield* TaskGroups
  const plans = what._tag === "retry" && what.dryRun
  const gone = goneAnswer(standing)
  if (what._tag === "delete" && guard !== null) yield* guard.announce(gone)
  // Without a key of the caller's it has a name all the same, for when it is told again.
  const record = plans ? null : (guard?.record ?? { name: token, bodyHash: "" })
  guard?.sent(true)
  const outcome = yield* groups
    .act(id, { ...what, key: Redacted.value(key), record })
    .pipe(Effect.mapError(() => new ActInDoubt()))
  const { url } = standing
  if (outcome._tag === "Done")
    return { url, answer: outcome.answer, replayed: outcome.replayed && guard !== null, isPlan: plans }
  // An object that was told twice is empty by then; whoever else deleted it has done what was asked.
  if (outcome._tag === "Gone" && what._tag === "delete")
    return { url, answer: gone.answer, replayed: false, isPlan: plans }
  guard?.sent(false)
  return yield* refused(outcome)
})

const refused = (outcome: Exclude<ActOutcome, { readonly _tag: "Done" }>) => {
  switch (outcome._tag) {
    case "Gone":
      return Effect.fail(new NoSuchGroup())
    case "Receiving":
      return Effect.fail(new StillReceiving())
    case "PiecesLost":
      return Effect.fail(notDone("The rows were lost on their way."))
    case "KeyReused":
      return Effect.fail(new KeyReused())
    case "Refused":
      return Effect.fail(new InvalidRequest({ problems: [...outcome.problems] }))
  }
}

/** What a DELETE answers, as far as it is known before: it is kept outside the group, which will not be there. */
const goneAnswer = ({ taskgroupId, url, running }: Standing): CreatedGroup => ({
  taskgroupId,
  url,
  answer: JSON.stringify({ url, taskgroup_id: taskgroupId, deleted: true, running, warnings: [] }),
})

const notDone = (what: string) =>
  new ActNotDone({ message: `${what} Nothing has changed; send the request again.` })
