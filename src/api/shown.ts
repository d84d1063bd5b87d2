import * as Schema from "effect/Schema"
import * as HttpApiSchema from "effect/http-api/HttpApiSchema"
import type { Answer } from "./about.ts"
import type { AnswerHeader } from "./headers.ts"

/** What answers that have versions have in common: a group, or a row, in a format. */

export const textAs = (contentType: string) => Schema.String.pipe(HttpApiSchema.asText({ contentType }))

export const Markdown = textAs("text/markdown")
export const NotModified = HttpApiSchema.Empty(304)

export const VERSIONED: ReadonlyArray<AnswerHeader> = ["ETag", "Cache-Control", "Vary", "Sunset?"]

export const notModified: Answer = {
  name: "NotModified",
  description: "Nothing is newer than what you have.",
  headers: VERSIONED,
}

export const shown = (description: string, more: Omit<Answer, "description"> = {}): Answer => ({
  name: "Shown",
  description,
  headers: [...VERSIONED, "Link"],
  ...more,
})
