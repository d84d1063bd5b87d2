import * as Layer from "effect/Layer"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import { taskGroupLayers } from "../do/layers.ts"
import type { SettingsShape } from "../domain/Settings.ts"
import type { OneAlarm } from "../layers/AlarmClockStorage.ts"
import { InputsLoaderHttp } from "../layers/InputsLoaderHttp.ts"
import type { SqliteStorage } from "../layers/sqlite/SqliteStorage.ts"
import { TaskGroupsLocal } from "../programs/taskGroupsLocal.ts"

/** A platform's storage has its members on its prototype, where a spread does not look. */
const withoutAlarm = (storage: SqliteStorage): SqliteStorage & OneAlarm => ({
  sql: storage.sql,
  kv: storage.kv,
  transactionSync: (body) => storage.transactionSync(body),
  deleteAll: () => storage.deleteAll(),
  // `TaskGroupsLocal` looks by itself at what is due.
  setAlarm: () => {},
  deleteAlarm: () => {},
})

/**
 * Everything that `createMultitask` and the other programs ask for, around one group that stays in this process.
 * `storage` is `ctx.storage` of a SQLite Durable Object, or anything with the same few members; `settings` are of
 * `readSettings`.
 */
export const localGroupLayers = (storage: SqliteStorage, settings: SettingsShape) =>
  Layer.mergeAll(TaskGroupsLocal, InputsLoaderHttp.pipe(Layer.provide(FetchHttpClient.layer))).pipe(
    Layer.provideMerge(taskGroupLayers(withoutAlarm(storage), settings)),
  )

/** What a program may ask for on them. */
export type LocalGroupServices = Layer.Success<ReturnType<typeof localGroupLayers>>
