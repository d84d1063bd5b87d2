import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { ActOutcome } from "../domain/Act.ts"
import type { GroupId } from "../domain/Ids.ts"
import { localAlarms } from "../domain/Schedules.ts"
import { AlarmClock } from "../services/AlarmClock.ts"
import { GroupReader } from "../services/GroupReader.ts"
import { GroupStore } from "../services/GroupStore.ts"
import { Publisher } from "../services/Publisher.ts"
import { GroupNotStored, TaskGroups } from "../services/TaskGroups.ts"
import { actOnGroup } from "./acts/actOnGroup.ts"
import { receivePiece, standingOf } from "./acts/receivePiece.ts"
import { beginTaskGroup, commitTaskGroup, receiveInputs, receiveTaskGroup } from "./receiveTaskGroup.ts"
import { excerptTaskGroup } from "./excerptTaskGroup.ts"
import { visitTaskGroup, wakeTaskGroup } from "./superviseTaskGroup.ts"
import { watchProgress } from "./watchProgress.ts"

type LocalServices =
  | Effect.Services<ReturnType<typeof beginTaskGroup>>
  | Effect.Services<ReturnType<typeof receiveInputs>>
  | Effect.Services<ReturnType<typeof commitTaskGroup>>
  | Effect.Services<ReturnType<typeof standingOf>>
  | Effect.Services<ReturnType<typeof receivePiece>>
  | Effect.Services<ReturnType<typeof excerptTaskGroup>>
  | Effect.Services<ReturnType<typeof visitTaskGroup>>

const notStored = new GroupNotStored({
  message: "Another task group is stored here, or this one was removed. Nothing was submitted.",
})

/**
 * A task group that stays in this process: the same programs as in a Durable Object, on the stores that the layer gets.
 * They hold one group. While the layer's scope is open, its alarms fire; a group that is stored unfinished is gone on with.
 */
export const TaskGroupsLocal: Layer.Layer<TaskGroups, never, LocalServices> = Layer.effect(
  TaskGroups,
  Effect.gen(function* () {
    const context = yield* Effect.context<LocalServices>()
    const alarms = yield* AlarmClock
    const here = <A, E>(program: Effect.Effect<A, E, LocalServices>) =>
      Effect.provideContext(program, context)
    const group = yield* GroupStore
    /** The stores hold one group: any other is not here. */
    const ofThis = <A>(id: GroupId, otherwise: A, program: Effect.Effect<A, never, LocalServices>) =>
      Effect.suspend(() => (group.details()?.taskgroupId === id ? here(program) : Effect.succeed(otherwise)))
    const wake = Effect.flatMap(Clock.currentTimeMillis, (now) =>
      alarms.due(now).length > 0 ? here(wakeTaskGroup()) : Effect.void,
    ).pipe(
      // It stays due, and comes again.
      Effect.catchCause((cause) => Effect.logError("An alarm failed", cause)),
    )
    // Whoever followed it went with another layer; its watchdog may be a minute away.
    const goOn = Effect.suspend(() => (group.details() === null ? Effect.void : here(visitTaskGroup()))).pipe(
      Effect.catchCause((cause) => Effect.logError("The stored group is not followed yet", cause)),
    )
    yield* Effect.forkScoped(Effect.andThen(goOn, Effect.repeat(wake, localAlarms)))
    const committed = (program: ReturnType<typeof commitTaskGroup>) =>
      Effect.flatMap(here(program), (answer) =>
        answer._tag === "Incomplete" ? Effect.fail(notStored) : Effect.succeed(answer),
      )
    return TaskGroups.of({
      begin: (init, secrets, inputs) =>
        Effect.flatMap(here(beginTaskGroup(init, secrets, inputs)), (begun) =>
          begun === "different" ? Effect.fail(notStored) : Effect.void,
        ),
      addInputs: (_id, from, inputs) =>
        Effect.flatMap(here(receiveInputs(from, inputs)), (added) =>
          added === "different" ? Effect.fail(notStored) : Effect.void,
        ),
      commit: (_id, waitMs, until) => committed(commitTaskGroup(waitMs, until)),
      receive: (...group) => committed(receiveTaskGroup(...group)),
      standing: (id, key) => ofThis(id, null, standingOf(key)),
      addPiece: (id, pieces, at, inputs) => ofThis(id, "gone", receivePiece(pieces, at, inputs)),
      act: (id, act) => ofThis<ActOutcome>(id, { _tag: "Gone" }, actOnGroup(act)),
      progress: (id, waitMs) => ofThis(id, null, watchProgress(waitMs)),
      excerpt: (id, query) => ofThis(id, null, excerptTaskGroup(query)),
    })
  }),
)

/** Waits until the group has ended. A webhook is sent after that, while the layers stay open. */
export const awaitTaskGroup = Effect.fn("awaitTaskGroup")(function* () {
  const group = yield* GroupReader
  const publisher = yield* Publisher
  for (;;) {
    const version = publisher.version()
    if (group.endedAtChange() !== null) return group.status()
    yield* publisher.waitBeyond(version)
  }
})
