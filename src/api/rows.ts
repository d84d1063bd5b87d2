import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import { about } from "./about.ts"
import { examples } from "./examples.ts"
import { errorsOf, Html, negotiatedRowFailures, rowFailures } from "./failures.ts"
import { ifNoneMatch, row } from "./parameters.ts"
import { Row } from "./results.ts"
import { Markdown, NotModified, notModified, shown } from "./shown.ts"

/** One row of a group. */

const ROW = "One row: its input, its output, and the reasoning and the sources of every field."

export const getRow = HttpApiEndpoint.get("getRow", "/:taskgroup_id/:row", {
  params: row,
  headers: ifNoneMatch,
  success: [Row, Html, Markdown, NotModified],
  error: errorsOf(negotiatedRowFailures),
}).annotateMerge(
  about({
    summary: "Read one row",
    description: `${ROW} In the format that \`Accept\` prefers.`,
    answers: { 200: shown("The row."), 304: notModified },
    failures: negotiatedRowFailures,
  }),
)

export const getRowJson = HttpApiEndpoint.get("getRowJson", "/:taskgroup_id/:row.json", {
  params: row,
  headers: ifNoneMatch,
  success: [Row, NotModified],
  error: errorsOf(rowFailures),
}).annotateMerge(
  about({
    summary: "Read one row as JSON",
    description: `${ROW} An element of the group's \`runs\`.`,
    answers: {
      200: shown("The row.", { examples: { "application/json": examples.row } }),
      304: notModified,
    },
    failures: rowFailures,
  }),
)

export const getRowMarkdown = HttpApiEndpoint.get("getRowMarkdown", "/:taskgroup_id/:row.md", {
  params: row,
  headers: ifNoneMatch,
  success: [Markdown, NotModified],
  error: errorsOf(rowFailures),
}).annotateMerge(
  about({
    summary: "Read one row as Markdown",
    answers: { 200: shown("The row."), 304: notModified },
    failures: rowFailures,
  }),
)

export const getRowHtml = HttpApiEndpoint.get("getRowHtml", "/:taskgroup_id/:row.html", {
  params: row,
  headers: ifNoneMatch,
  success: [Html, NotModified],
  error: errorsOf(rowFailures),
}).annotateMerge(
  about({
    summary: "Read one row as a page",
    description: "Without a script.",
    answers: { 200: shown("The page."), 304: notModified },
    failures: rowFailures,
  }),
)
