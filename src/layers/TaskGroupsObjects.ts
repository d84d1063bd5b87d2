import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import type { GroupInit, GroupSecrets, JsonText } from "../domain/TaskGroup.ts"
import { GroupNotStored, type Submission, TaskGroups } from "../services/TaskGroups.ts"

/** An object that can hold a group, as its stub offers it. */
export interface GroupObject {
  begin(init: GroupInit, secrets: GroupSecrets): Promise<"begun" | "same" | "different">
  addInputs(from: number, inputs: ReadonlyArray<JsonText>): Promise<"stored" | "same" | "different">
  commit(waitMs: number): Promise<Submission | { readonly _tag: "Incomplete" }>
}

/** Every step may be repeated: what is there already changes nothing. */
const again = Schedule.exponential("200 millis").pipe(Schedule.jittered, Schedule.upTo({ times: 3 }))
/** The commit is where money begins: an object that is being replaced is back within seconds. */
const persistently = Schedule.min([Schedule.exponential("200 millis"), Schedule.spaced("3 seconds")]).pipe(
  Schedule.jittered,
  Schedule.upTo({ times: 8 }),
)

const notStored = () =>
  new GroupNotStored({
    message:
      "The task group was created at Parallel, but could not be stored here. Nothing was submitted; try again.",
  })

const maybeStored = () =>
  new GroupNotStored({
    message:
      "The task group's object did not answer, so that its runs may or may not have been submitted. Look at its URL in a few minutes before you send this request again.",
  })

/** Groups in Durable Objects, named by their id. `of` is called anew for every step: a stub may break. */
export const TaskGroupsObjects = (of: (id: string) => GroupObject): Layer.Layer<TaskGroups> => {
  const step = <A>(id: string, use: (object: GroupObject) => Promise<A>, schedule = again) =>
    Effect.tryPromise({ try: () => use(of(id)), catch: notStored }).pipe(Effect.retry(schedule))
  return Layer.succeed(
    TaskGroups,
    TaskGroups.of({
      begin: (init, secrets) =>
        step(init.taskgroupId, (object) => object.begin(init, secrets)).pipe(
          Effect.flatMap((begun) => (begun === "different" ? Effect.fail(notStored()) : Effect.void)),
        ),
      addInputs: (id, from, inputs) =>
        step(id, (object) => object.addInputs(from, inputs)).pipe(
          Effect.flatMap((added) => (added === "different" ? Effect.fail(notStored()) : Effect.void)),
        ),
      commit: (id, waitMs) =>
        step(id, (object) => object.commit(waitMs), persistently).pipe(
          // One of the attempts may have arrived: the object then goes on by itself.
          Effect.mapError(maybeStored),
          Effect.flatMap((submission) =>
            submission._tag === "Incomplete" ? Effect.fail(notStored()) : Effect.succeed(submission),
          ),
        ),
    }),
  )
}
