import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { awaitTaskGroup, createMultitask, renderTaskGroup } from "parallel-multitask/programs"
import { groupInProcess } from "parallel-multitask/testing"

/** Creates a group, follows it to its end, and renders it. */
const enrich = Effect.fn("enrich")(function* (body: unknown, apiKey: string) {
  yield* createMultitask({ body, key: Redacted.make(apiKey), origin: "https://multitask.example" })
  yield* awaitTaskGroup()
  return yield* renderTaskGroup("md").pipe(Stream.decodeText(), Stream.mkString)
})

// A stand-in answers in Parallel's place: no network, no account, any key.
const group = groupInProcess({ seed: "embed" })
const markdown = await group.run(
  enrich(
    {
      inputs: [{ company: "Stripe" }, { company: "Anthropic" }, { company: "Cloudflare" }],
      output_type: "json",
      output_description: "Founding year of the company",
    },
    "any-key",
  ),
)
console.log(markdown)
await group.close()
