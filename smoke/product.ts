import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import { GroupObject } from "../src/do/GroupObject.ts"
import { taskGroupLayers } from "../src/do/layers.ts"
import type { SettingsShape } from "../src/domain/Settings.ts"
import { InputsLoaderHttp } from "../src/layers/InputsLoaderHttp.ts"
import { TaskGroupsObjects } from "../src/layers/TaskGroupsObjects.ts"
import { createMultitask } from "../src/programs/createMultitask.ts"
import type { Clock } from "../simulator/index.ts"
import { createStorage } from "./storage.ts"

/** What Effect's programs run in: the network always, and in tests a clock and a seed as well. */
export type Surroundings = Layer.Layer<never>

/** The group as the product serves it. */
export interface Served {
  readonly ended: boolean
  readonly runs: ReadonlyArray<{
    readonly run_id: string | null
    readonly status: string
    readonly input_index: number
    readonly input: unknown
    readonly output?: { readonly content: unknown } | null
  }>
}

export interface Product {
  /** Submits the inputs; null when it went well, else why it did not. */
  submit(body: unknown, key: string): Promise<string | null>
  read(): Promise<Served | null>
  stop(): Promise<void>
}

/** The product without the platform: its programs and its object, on SQLite in memory. */
export const startProduct = (options: {
  readonly clock: Clock
  readonly settings: SettingsShape
  readonly surroundings: Surroundings
}): Product => {
  const storage = createStorage(options.clock, () => void object.alarm().catch(() => undefined))
  const runtime = ManagedRuntime.make(
    taskGroupLayers(storage, options.settings).pipe(Layer.provideMerge(options.surroundings)),
  )
  const object: GroupObject = new GroupObject({
    runtime,
    settings: options.settings,
    deleteAll: async () => storage.deleteAll(),
    version: "smoke",
  })
  const creation = Layer.mergeAll(
    TaskGroupsObjects(() => object),
    InputsLoaderHttp.pipe(Layer.provide(FetchHttpClient.layer)),
  )
  return {
    submit: async (body, key) => {
      const program = createMultitask({
        body,
        key: Redacted.make(key, { label: "api key" }),
        origin: "https://smoke.invalid",
      }).pipe(Effect.provide(creation))
      const result = await runtime.runPromise(Effect.result(program))
      if (result._tag === "Success") return null
      const { _tag: tag } = result.failure
      if (result.failure._tag === "InvalidRequest")
        return `${tag}: ${JSON.stringify(result.failure.problems)}`
      return `${tag}: ${result.failure.message}`
    },
    read: async () => {
      const response = await object.fetch(new Request("https://object/json"))
      if (response.status !== 200) return null
      const ended = response.headers.get("sunset") !== null
      return { ...((await response.json()) as Omit<Served, "ended">), ended }
    },
    stop: async () => {
      await runtime.dispose()
      storage.close()
    },
  }
}
