import * as Schema from "effect/Schema"
import { processorNames } from "../domain/Processors.ts"

/** Values that occur in many requests and answers. What is described here is described once in the document, too. */

/** An object that may have more than is known of it: answers grow, and rows have columns of their own. */
export const open = <Fields extends Schema.Struct.Fields>(fields: Fields) =>
  Schema.StructWithRest(Schema.Struct(fields), [Schema.Record(Schema.String, Schema.Unknown)])

/** An object of which nothing is known but that it is one. */
export const anyObject = Schema.Record(Schema.String, Schema.Unknown)

export const optional = Schema.optionalKey

/** Text with a description. */
export const text = (description: string, more: { readonly examples?: ReadonlyArray<string> } = {}) =>
  Schema.String.annotate({
    description,
    ...(more.examples && { examples: [...more.examples] as [string, ...Array<string>] }),
  })

export const count = (description: string) =>
  Schema.Int.check(Schema.isGreaterThanOrEqualTo(0)).annotate({ description })

export const GroupIdText = Schema.String.check(Schema.isPattern(/^[A-Za-z0-9_-]{8,128}$/u)).annotate({
  identifier: "TaskGroupId",
  description: "Parallel's id of the task group. Opaque; it is part of the group's URL.",
  examples: ["tgrp_868d3761beb71ce27613af928fec33e4"],
})

export const Processor = Schema.Literals(processorNames).annotate({
  identifier: "Processor",
  description:
    "A Parallel processor, cheapest first: the further down, the deeper the research, the dearer and the slower. The `-fast` ones cost the same and answer sooner from less fresh sources.",
})

export const Usd = Schema.NullOr(Schema.Finite).annotate({
  description: "US dollars at list price; null where the processor has no known price.",
})

export const Warnings = Schema.Array(Schema.String).annotate({
  description: "What you may want to know: what was understood differently, left out or could not be had.",
})

/** A row of inputs. */
export const InputRow = anyObject.annotate({
  identifier: "InputRow",
  description:
    "One input: an object with at least one value. Its columns are yours; every digit and every character is passed on as it is.",
  examples: [{ company: "Stripe" }],
})

export const JsonSchema = anyObject.annotate({
  identifier: "JsonSchema",
  description: "A JSON Schema of an object.",
})
