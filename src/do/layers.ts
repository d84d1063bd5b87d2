import * as Layer from "effect/Layer"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import type { SettingsShape } from "../domain/Settings.ts"
import { AlarmClockStorage } from "../layers/AlarmClockStorage.ts"
import { ParallelApiHttp } from "../layers/ParallelApiHttp.ts"
import { PublisherLive } from "../layers/PublisherLive.ts"
import { SecretStoreKv } from "../layers/SecretStoreKv.ts"
import { TaskGroupStoreSqlite } from "../layers/TaskGroupStoreSqlite.ts"
import { WebhookSenderHttp } from "../layers/WebhookSenderHttp.ts"
import { makeRequestBudget, RequestBudget } from "../services/RequestBudget.ts"
import { Settings } from "../services/Settings.ts"

/** Everything a group's object runs on. */
export const taskGroupLayers = (storage: DurableObjectStorage, settings: SettingsShape) =>
  Layer.mergeAll(
    TaskGroupStoreSqlite(storage),
    SecretStoreKv(storage),
    AlarmClockStorage(storage),
    Layer.mergeAll(ParallelApiHttp, WebhookSenderHttp).pipe(Layer.provide(FetchHttpClient.layer)),
  ).pipe(
    Layer.provideMerge(
      Layer.mergeAll(
        PublisherLive,
        Layer.succeed(Settings, settings),
        Layer.succeed(RequestBudget, makeRequestBudget(settings.SUBREQUEST_BUDGET)),
      ),
    ),
  )
