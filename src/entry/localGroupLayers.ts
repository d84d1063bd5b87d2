import * as Layer from "effect/Layer"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import { taskGroupLayers } from "../do/layers.ts"
import type { SettingsShape } from "../domain/Settings.ts"
import { InputsLoaderHttp } from "../layers/InputsLoaderHttp.ts"
import type { SqliteStorage } from "../layers/sqlite/SqliteStorage.ts"
import { TaskGroupsLocal } from "../programs/taskGroupsLocal.ts"

/** The layer's own clock sees to what is due. */
const noAlarm = { setAlarm: () => {}, deleteAlarm: () => {} }

/**
 * Everything that `createMultitask` and the other programs ask for, around one group that stays in this process.
 * `storage` is `ctx.storage` of a SQLite Durable Object, or anything with the same few members; `settings` are of
 * `readSettings`.
 */
export const localGroupLayers = (storage: SqliteStorage, settings: SettingsShape) =>
  Layer.mergeAll(TaskGroupsLocal, InputsLoaderHttp.pipe(Layer.provide(FetchHttpClient.layer))).pipe(
    Layer.provideMerge(taskGroupLayers({ ...storage, ...noAlarm }, settings)),
  )

/** What a program may ask for on them. */
export type LocalGroupServices = Layer.Success<ReturnType<typeof localGroupLayers>>
