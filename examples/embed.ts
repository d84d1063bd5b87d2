import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import type { SettingsShape } from "../src/domain/Settings.ts"
import { EMPTY_PLAN } from "../src/domain/TaskGroup.ts"
import { InputsLoaderHttp } from "../src/layers/InputsLoaderHttp.ts"
import { ParallelApiHttp } from "../src/layers/ParallelApiHttp.ts"
import { PublisherLive } from "../src/layers/PublisherLive.ts"
import { RendererMarkdown } from "../src/layers/render/RendererMarkdown.ts"
import type { SqliteStorage } from "../src/layers/sqlite/SqliteStorage.ts"
import { TaskGroupStoreSqlite } from "../src/layers/TaskGroupStoreSqlite.ts"
import { createMultitask } from "../src/programs/createMultitask.ts"
import { followTaskGroup } from "../src/programs/followTaskGroup.ts"
import { planBatches } from "../src/programs/planBatches.ts"
import { renderTaskGroup } from "../src/programs/renderTaskGroup.ts"
import { makeRequestBudget, RequestBudget } from "../src/services/RequestBudget.ts"
import { Settings } from "../src/services/Settings.ts"
import { TaskGroups } from "../src/services/TaskGroups.ts"
import { TaskGroupStore } from "../src/services/TaskGroupStore.ts"

/** Creates a group, follows it to its end, and renders it: the three programs, one after the other. */
export const enrich = Effect.fn("enrich")(function* (body: unknown, apiKey: string) {
  const key = Redacted.make(apiKey)
  const group = yield* createMultitask({ body, key, origin: "https://example.com" })
  const outcome = yield* followTaskGroup({ key, groupId: group.taskgroup_id, takeRefusal: () => false })
  const markdown = yield* renderTaskGroup("md").pipe(Stream.decodeText(), Stream.mkString)
  return { group, outcome, markdown }
})

/** The group stays in this process. The product's own layer of this service sends it to a Durable Object. */
const TaskGroupsHere = Layer.effect(
  TaskGroups,
  Effect.gen(function* () {
    const store = yield* TaskGroupStore
    const { BATCH_SIZE, BATCH_BYTES } = yield* Settings
    return TaskGroups.of({
      begin: (init) => Effect.sync(() => void store.begin(init)),
      addInputs: (_id, from, inputs) =>
        Effect.map(Clock.currentTimeMillis, (now) => void store.addInputs(from, inputs, now)),
      commit: () =>
        Effect.sync(() => {
          const todo = planBatches(store.inputLengths(), { size: BATCH_SIZE, chars: BATCH_BYTES })
          store.commit({ ...EMPTY_PLAN, todo })
          return { _tag: "Underway" as const }
        }),
    })
  }),
)

/** `storage` is `ctx.storage` of a SQLite Durable Object, or anything with the same few members. */
export const layersOn = (
  storage: SqliteStorage,
  settings: SettingsShape,
  fetch: typeof globalThis.fetch = globalThis.fetch,
) =>
  Layer.mergeAll(TaskGroupsHere, ParallelApiHttp, InputsLoaderHttp, RendererMarkdown).pipe(
    Layer.provideMerge(TaskGroupStoreSqlite(storage)),
    Layer.provideMerge(
      Layer.mergeAll(
        PublisherLive,
        Layer.succeed(Settings, settings),
        Layer.succeed(RequestBudget, makeRequestBudget(settings.SUBREQUEST_BUDGET)),
        FetchHttpClient.layer.pipe(Layer.provide(Layer.succeed(FetchHttpClient.Fetch, fetch))),
      ),
    ),
  )
