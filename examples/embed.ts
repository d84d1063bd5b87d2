import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import { taskGroupLayers } from "../src/do/layers.ts"
import type { SettingsShape } from "../src/domain/Settings.ts"
import { InputsLoaderHttp } from "../src/layers/InputsLoaderHttp.ts"
import type { SqliteStorage } from "../src/layers/sqlite/SqliteStorage.ts"
import { createMultitask } from "../src/programs/createMultitask.ts"
import { renderTaskGroup } from "../src/programs/renderTaskGroup.ts"
import { awaitTaskGroup, TaskGroupsLocal } from "../src/programs/taskGroupsLocal.ts"

/** Creates a group, which stays in this process, follows it to its end, and renders it. */
export const enrich = Effect.fn("enrich")(function* (body: unknown, apiKey: string) {
  const group = yield* createMultitask({ body, key: Redacted.make(apiKey), origin: "https://example.com" })
  const status = yield* awaitTaskGroup()
  const markdown = yield* renderTaskGroup("md").pipe(Stream.decodeText(), Stream.mkString)
  return { group, status, markdown }
})

/** `storage` is `ctx.storage` of a SQLite Durable Object, or anything with the same few members. */
export const layersOn = (storage: SqliteStorage, settings: SettingsShape) =>
  Layer.mergeAll(TaskGroupsLocal, InputsLoaderHttp.pipe(Layer.provide(FetchHttpClient.layer))).pipe(
    Layer.provideMerge(taskGroupLayers({ ...storage, setAlarm: () => {}, deleteAlarm: () => {} }, settings)),
  )
