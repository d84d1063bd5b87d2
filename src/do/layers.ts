import * as Layer from "effect/Layer"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import type { SettingsShape } from "../domain/Settings.ts"
import { AlarmClockStorage, type OneAlarm } from "../layers/AlarmClockStorage.ts"
import { AudienceLive } from "../layers/AudienceLive.ts"
import { GroupFibersScoped } from "../layers/GroupFibersScoped.ts"
import { ParallelApiHttp } from "../layers/ParallelApiHttp.ts"
import { PromptScheduler } from "../layers/PromptScheduler.ts"
import { PublisherLive } from "../layers/PublisherLive.ts"
import { Renderers } from "../layers/render/Renderers.ts"
import { SecretStoreKv } from "../layers/SecretStoreKv.ts"
import type { SqliteStorage } from "../layers/sqlite/SqliteStorage.ts"
import { TaskGroupStoreSqlite } from "../layers/TaskGroupStoreSqlite.ts"
import { WaitingCallerLive } from "../layers/WaitingCallerLive.ts"
import { WebhookSenderHttp } from "../layers/WebhookSenderHttp.ts"
import { resultHtml } from "../pages/resultHtml.ts"
import { rowHtml } from "../pages/rowHtml.ts"
import { makeRequestBudget, RequestBudget } from "../services/RequestBudget.ts"
import { Settings } from "../services/Settings.ts"

/** Everything a group's object runs on. */
export const taskGroupLayers = (storage: SqliteStorage & OneAlarm, settings: SettingsShape) =>
  Layer.mergeAll(
    TaskGroupStoreSqlite(storage),
    AlarmClockStorage(storage),
    Renderers({ group: resultHtml, row: rowHtml }, settings.PUBLIC_ORIGIN ?? ""),
    Layer.mergeAll(ParallelApiHttp, WebhookSenderHttp).pipe(Layer.provide(FetchHttpClient.layer)),
    GroupFibersScoped,
    WaitingCallerLive,
  ).pipe(
    Layer.provideMerge(
      Layer.mergeAll(
        PublisherLive,
        AudienceLive,
        PromptScheduler,
        // What Parallel answers is searched for what is in there.
        SecretStoreKv(storage),
        Layer.succeed(Settings, settings),
        Layer.succeed(RequestBudget, makeRequestBudget(settings.SUBREQUEST_BUDGET)),
      ),
    ),
  )

/** What a group's programs may ask for. */
export type TaskGroupServices = Layer.Success<ReturnType<typeof taskGroupLayers>>
