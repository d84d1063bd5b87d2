/**
 * Somebody's program that uses every entry of the package that runs in Node. package.test.ts type-checks it beside the
 * installed tarball, runs it under the oldest Node, and reads what it prints.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import { Multitask, MultitaskError } from "parallel-multitask/client"
import { readSettings, type SettingsShape, VERSION } from "parallel-multitask/domain"
import { InputsLoaderHttp, localGroupLayers, ParallelApiHttp } from "parallel-multitask/layers"
import { type CreateError, planMultitask } from "parallel-multitask/programs"
import { makeRequestBudget, RequestBudget, Settings } from "parallel-multitask/services"
import {
  createSimulator,
  createVirtualClock,
  groupInProcess,
  startServer,
  systemClock,
} from "parallel-multitask/testing"

const simulator = createSimulator({ clock: systemClock, seed: "every entry" })
const upstream = await startServer(simulator, { port: 0, host: "127.0.0.1" })

const read = readSettings({ PARALLEL_BASE_URL: upstream.url })
if (!read.ok) throw new Error(read.problems.join("; "))
const { settings }: { settings: SettingsShape } = read

const layers = Layer.mergeAll(ParallelApiHttp, InputsLoaderHttp).pipe(
  Layer.provide(FetchHttpClient.layer),
  Layer.provideMerge(
    Layer.mergeAll(
      Layer.succeed(Settings, settings),
      Layer.succeed(RequestBudget, makeRequestBudget(settings.SUBREQUEST_BUDGET)),
    ),
  ),
)

const body = {
  inputs: [{ company: "Stripe" }, { company: "Anthropic" }],
  output_type: "json",
  output_description: "Founding year of the company",
} as const

const plan = await Effect.runPromise(
  planMultitask({ body, key: Redacted.make("any-key") }).pipe(Effect.provide(layers)),
)
const refused: CreateError["_tag"] = await Effect.runPromise(
  planMultitask({ body: { inputs: [] }, key: Redacted.make("any-key") }).pipe(
    Effect.provide(layers),
    Effect.flip,
    Effect.map((error) => error._tag),
  ),
)

const answering = await startServer(
  { handle: async () => Response.json(plan) },
  { port: 0, host: "127.0.0.1" },
)
const multitask = new Multitask({ baseUrl: answering.url, apiKey: "any-key" })
const planned = await multitask.plan(body)
const withoutKey = await new Multitask({ baseUrl: answering.url }).plan(body).catch((error: unknown) => error)

const clock = createVirtualClock()
const began = clock.now()
await clock.advance(60_000)

const inProcess = async () => {
  try {
    const group = groupInProcess({ seed: "every entry" })
    await group.close()
    return "runs"
  } catch (error) {
    return String(error)
  }
}

console.log(
  JSON.stringify({
    node: process.version,
    version: VERSION,
    planned: planned.num_inputs,
    processor: plan.processor,
    refused,
    withoutKey: withoutKey instanceof MultitaskError ? withoutKey.status : withoutKey,
    waited: clock.now() - began,
    layers: typeof localGroupLayers,
    inProcess: await inProcess(),
  }),
)
await answering.stop()
await upstream.stop()
simulator.close()
