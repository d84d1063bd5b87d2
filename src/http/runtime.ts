import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import type { GroupId } from "../domain/Ids.ts"
import type { SettingsShape } from "../domain/Settings.ts"
import { IdempotencyObjects, type IdempotencyStub } from "../layers/IdempotencyObjects.ts"
import { InputsLoaderHttp } from "../layers/InputsLoaderHttp.ts"
import { LoginProviderHttp } from "../layers/LoginProviderHttp.ts"
import { ParallelApiHttp } from "../layers/ParallelApiHttp.ts"
import { platformsTurn, PromptScheduler } from "../layers/PromptScheduler.ts"
import { StructuredLog } from "../layers/StructuredLog.ts"
import { TaskGroupsObjects, type TaskGroupStub } from "../layers/TaskGroupsObjects.ts"
import { makeRequestBudget, RequestBudget } from "../services/RequestBudget.ts"
import { Settings } from "../services/Settings.ts"

/** What the programs that a request runs need: one runtime for all requests of an isolate. */
export const makeRequestRuntime = (
  settings: SettingsShape,
  groups: (id: GroupId) => TaskGroupStub,
  records: (name: string) => IdempotencyStub,
) =>
  ManagedRuntime.make(
    Layer.mergeAll(
      TaskGroupsObjects(groups, platformsTurn),
      IdempotencyObjects(records, groups),
      Layer.mergeAll(ParallelApiHttp, InputsLoaderHttp, LoginProviderHttp).pipe(
        Layer.provide(FetchHttpClient.layer),
      ),
    ).pipe(
      Layer.provideMerge(
        Layer.mergeAll(
          PromptScheduler,
          StructuredLog,
          Layer.succeed(Settings, settings),
          // One request makes a handful of calls.
          Layer.succeed(RequestBudget, makeRequestBudget(Number.POSITIVE_INFINITY)),
        ),
      ),
    ),
  )

export type RequestRuntime = ReturnType<typeof makeRequestRuntime>
