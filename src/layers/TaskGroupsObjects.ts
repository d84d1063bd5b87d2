import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Schedule from "effect/Schedule"
import type { Act, ActOutcome, Standing } from "../domain/Act.ts"
import type { Excerpt, ExcerptQuery } from "../domain/Excerpt.ts"
import type { GroupId } from "../domain/Ids.ts"
import type { Progress } from "../domain/Progress.ts"
import { commit, objectStep } from "../domain/Schedules.ts"
import type { SqlRefused, SqlRows } from "../domain/sql/SqlAnswer.ts"
import type { GroupInit, GroupSecrets, JsonText } from "../domain/TaskGroup.ts"
import {
  type Committed,
  type CommitUntil,
  GroupNotStored,
  GroupUnreachable,
  TaskGroups,
} from "../services/TaskGroups.ts"

/** A task group's object, as its stub offers it to the Worker in front. */
export interface TaskGroupStub {
  /** `stored`: its first inputs as well. */
  begin(
    init: GroupInit,
    secrets: GroupSecrets,
    inputs?: ReadonlyArray<JsonText>,
  ): Promise<"begun" | "same" | "stored" | "different">
  addInputs(from: number, inputs: ReadonlyArray<JsonText>): Promise<"stored" | "same" | "different">
  commit(waitMs: number, until?: CommitUntil): Promise<Committed>
  /** `begin`, with all inputs, and `commit`. */
  receive(
    init: GroupInit,
    secrets: GroupSecrets,
    inputs: ReadonlyArray<JsonText>,
    waitMs: number,
    until?: CommitUntil,
  ): Promise<Committed>
  /** Whether a committed group is here. */
  exists(): Promise<boolean>
  /** The same, or one was until somebody deleted it within the last 24 h. */
  wasHere(): Promise<boolean>
  /** What whoever wants to act on the group with this key must know of it; null where there is none. */
  standing(key: string): Promise<Standing | null>
  /** Rows that an act is to add, in pieces in their order under a name; seen by nobody before the act. */
  addPiece(pieces: string, at: number, inputs: ReadonlyArray<JsonText>): Promise<"stored" | "gone">
  act(act: Act): Promise<ActOutcome>
  progress(waitMs: number): Promise<Progress | null>
  excerpt(query: ExcerptQuery): Promise<Excerpt | null>
  fetch(request: Request): Promise<Response>
  /** One statement of a stranger's. */
  askSql(statement: string): Promise<SqlRows | SqlRefused>
}

type Receiving = Pick<
  TaskGroupStub,
  "begin" | "addInputs" | "commit" | "receive" | "standing" | "addPiece" | "act" | "progress" | "excerpt"
>

const notStored = () =>
  new GroupNotStored({
    message:
      "The task group was created at Parallel, but could not be stored here. Nothing was submitted; try again.",
  })

const unreachable = () => new GroupUnreachable()

const maybeStored = () =>
  new GroupNotStored({
    message:
      "The task group's object did not answer, so that its runs may or may not have been submitted. Look at its URL in a few minutes before you send this request again.",
  })

/** What the runtime says where an object is of an earlier version, which may be while a new one is brought out. */
const hasNoSuchMethod = (error: unknown): boolean =>
  error instanceof TypeError && error.message.startsWith("The RPC receiver does not implement")

/** The two steps that bring the first inputs along; one after the other, where an object cannot take them together. */
const beginWith = async (
  object: Receiving,
  ...[init, secrets, inputs = []]: Parameters<Receiving["begin"]>
): Promise<"begun" | "same" | "stored" | "different"> => {
  const begun = await object.begin(init, secrets, inputs)
  const isOver = begun === "stored" || begun === "different" || inputs.length === 0
  return isOver ? begun : object.addInputs(0, inputs)
}

const receiveWhole = async (
  object: Receiving,
  ...group: Parameters<Receiving["receive"]>
): Promise<Committed> => {
  try {
    return await object.receive(...group)
  } catch (error) {
    if (!hasNoSuchMethod(error)) throw error
    const [init, secrets, inputs, waitMs, until] = group
    const begun = await beginWith(object, init, secrets, inputs)
    return begun === "different" ? { _tag: "Incomplete" } : await object.commit(waitMs, until)
  }
}

/**
 * Groups in Durable Objects, named by their id. `of` is called anew for every step: a stub may break. `othersTurn` comes
 * before every further piece: where object and Worker share a thread, nothing else would let other requests in between.
 */
export const TaskGroupsObjects = (
  of: (id: GroupId) => Receiving,
  othersTurn: Effect.Effect<void> = Effect.void,
): Layer.Layer<TaskGroups> => {
  const step = <A>(
    id: GroupId,
    use: (object: Receiving) => Promise<A>,
    schedule: Schedule.Schedule<unknown> = objectStep,
  ) => Effect.tryPromise({ try: () => use(of(id)), catch: notStored }).pipe(Effect.retry(schedule))
  const committed = (asked: Effect.Effect<Committed, GroupNotStored>) =>
    asked.pipe(
      // One of the attempts may have arrived: the object then goes on by itself.
      Effect.mapError(maybeStored),
      Effect.flatMap((submission) =>
        submission._tag === "Incomplete" ? Effect.fail(notStored()) : Effect.succeed(submission),
      ),
    )
  return Layer.succeed(
    TaskGroups,
    TaskGroups.of({
      begin: (init, secrets, inputs) =>
        step(init.taskgroupId, (object) => beginWith(object, init, secrets, inputs)).pipe(
          Effect.flatMap((begun) => (begun === "different" ? Effect.fail(notStored()) : Effect.void)),
        ),
      addInputs: (id, from, inputs) =>
        Effect.andThen(
          othersTurn,
          step(id, (object) => object.addInputs(from, inputs)),
        ).pipe(Effect.flatMap((added) => (added === "different" ? Effect.fail(notStored()) : Effect.void))),
      commit: (id, waitMs, until) => committed(step(id, (object) => object.commit(waitMs, until), commit)),
      receive: (init, secrets, inputs, waitMs, until) =>
        committed(
          step(
            init.taskgroupId,
            (object) => receiveWhole(object, init, secrets, inputs, waitMs, until),
            commit,
          ),
        ),
      standing: (id, key) => step(id, (object) => object.standing(key)).pipe(Effect.mapError(unreachable)),
      addPiece: (id, pieces, at, inputs) =>
        Effect.andThen(
          at === 0 ? Effect.void : othersTurn,
          step(id, (object) => object.addPiece(pieces, at, inputs)),
        ).pipe(Effect.mapError(unreachable)),
      act: (id, act) => step(id, (object) => object.act(act), commit).pipe(Effect.mapError(unreachable)),
      progress: (id, waitMs) =>
        step(id, (object) => object.progress(waitMs)).pipe(Effect.mapError(unreachable)),
      excerpt: (id, query) => step(id, (object) => object.excerpt(query)).pipe(Effect.mapError(unreachable)),
    }),
  )
}
