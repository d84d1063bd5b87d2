import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import type { ActName } from "../../src/domain/ActRequest.ts"
import type { GroupId } from "../../src/domain/Ids.ts"
import { actOnTaskGroup } from "../../src/programs/actOnTaskGroup.ts"
import { awaitTaskGroup, TaskGroupsLocal } from "../../src/programs/taskGroupsLocal.ts"
import { GroupStore } from "../../src/services/GroupStore.ts"
import { InputsLoader } from "../../src/services/InputsLoader.ts"
import { TaskGroups } from "../../src/services/TaskGroups.ts"
import { WebhookSender } from "../../src/services/WebhookSender.ts"
import { groupId } from "../support/ids.ts"
import { GROUP_ID, groupLayers, initOf, inputsOf, KEY, makeParallel, SECOND } from "./support.ts"

const secrets = { apiKey: "key", webhookUrl: "https://hook.example/" }

describe("TaskGroupsLocal", () => {
  it.effect("keeps a group in this process, from its inputs to its end and its webhook", () => {
    const parallel = makeParallel()
    const sent: Array<string> = []
    const Receiver = Layer.succeed(WebhookSender, {
      send: ({ body }) => Effect.sync(() => (sent.push(body) < 3 ? "failed" : "accepted")),
    })
    return Effect.gen(function* () {
      const groups = yield* TaskGroups
      const received = yield* groups.receive(initOf(2), secrets, inputsOf(2), 20 * SECOND)
      expect(received).toEqual({ _tag: "Submitted" })
      const ended = yield* Effect.forkChild(awaitTaskGroup(), { startImmediately: true })
      parallel.complete()
      yield* TestClock.adjust("5 minutes")
      expect(yield* Fiber.join(ended)).toMatchObject({
        is_active: false,
        task_run_status_counts: { completed: 2 },
      })
      expect(sent).toHaveLength(3)
    }).pipe(
      Effect.provide(TaskGroupsLocal.pipe(Layer.provideMerge([groupLayers(), parallel.layer, Receiver]))),
    )
  })

  it.effect("takes acts on its group, and knows no other", () => {
    const parallel = makeParallel()
    let requests = 0
    const act = (id: GroupId, name: ActName, body: unknown = {}) =>
      actOnTaskGroup({ id, act: name, key: KEY, token: `request ${(requests += 1)}`, body }).pipe(
        Effect.map(({ answer }) => JSON.parse(answer) as unknown),
      )
    return Effect.gen(function* () {
      const groups = yield* TaskGroups
      yield* groups.begin(initOf(2), secrets)
      yield* groups.addInputs(GROUP_ID, 0, inputsOf(2))
      yield* groups.commit(GROUP_ID, 20 * SECOND)
      const inputs = [{ company: "C" }]
      expect(yield* act(GROUP_ID, "inputs", { inputs })).toMatchObject({ first_index: 2, num_inputs: 3 })
      yield* TestClock.adjust("1 minute")
      expect(parallel.runs).toHaveLength(3)
      expect(yield* act(GROUP_ID, "stop")).toMatchObject({ not_sent: 0, running: 3 })
      const another = groupId("tgrp_another_one")
      expect(yield* Effect.flip(act(another, "inputs", { inputs }))).toMatchObject({ _tag: "NoSuchGroup" })
      expect(yield* act(GROUP_ID, "delete")).toMatchObject({ deleted: true, running: 3 })
      expect(yield* Effect.flip(act(GROUP_ID, "resume"))).toMatchObject({ _tag: "NoSuchGroup" })
    }).pipe(
      Effect.provide(
        TaskGroupsLocal.pipe(
          Layer.provideMerge([
            groupLayers(),
            parallel.layer,
            Layer.mock(WebhookSender, {}),
            Layer.mock(InputsLoader, {}),
          ]),
        ),
      ),
    )
  })

  it.effect("holds one group, and says so to another", () => {
    const parallel = makeParallel()
    return Effect.gen(function* () {
      const groups = yield* TaskGroups
      yield* groups.begin(initOf(2), secrets)
      const another = { ...initOf(2), taskgroupId: groupId("tgrp_another_one") }
      expect(yield* Effect.flip(groups.begin(another, secrets))).toMatchObject({ _tag: "GroupNotStored" })
      const whole = groups.receive(another, secrets, inputsOf(2), SECOND)
      expect(yield* Effect.flip(whole)).toMatchObject({ _tag: "GroupNotStored" })
      expect(yield* Effect.flip(groups.commit(GROUP_ID, SECOND))).toMatchObject({ _tag: "GroupNotStored" })
      expect(parallel.runs).toEqual([])
    }).pipe(
      Effect.provide(
        TaskGroupsLocal.pipe(
          Layer.provideMerge([groupLayers(), parallel.layer, Layer.mock(WebhookSender, {})]),
        ),
      ),
    )
  })

  it.effect("fires its alarms for as long as its scope is open, whatever becomes of one", () => {
    const parallel = makeParallel()
    let failures = 2
    const Stubborn = Layer.effect(
      GroupStore,
      Effect.map(GroupStore, (store) => ({
        ...store,
        remove: (also: () => void) => {
          if (failures-- > 0) throw new Error("no storage")
          store.remove(also)
        },
      })),
    ).pipe(Layer.provideMerge(groupLayers()))
    return Effect.gen(function* () {
      yield* (yield* TaskGroups).begin(initOf(2), secrets)
      yield* TestClock.adjust("599 seconds")
      expect((yield* GroupStore).details()).not.toBeNull()
      yield* TestClock.adjust("5 minutes")
      expect((yield* GroupStore).details()).toBeNull()
    }).pipe(
      Effect.provide(
        TaskGroupsLocal.pipe(Layer.provideMerge([Stubborn, parallel.layer, Layer.mock(WebhookSender, {})])),
      ),
    )
  })
})
