import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import * as HttpApiSchema from "effect/http-api/HttpApiSchema"
import * as OpenApi from "effect/http-api/OpenApi"
import { about, type Answer } from "./about.ts"
import { SqlAnswer } from "./answers.ts"
import { examples } from "./examples.ts"
import {
  databaseFailures,
  errorsOf,
  Html,
  negotiatedFailures,
  pageFailures,
  partsFailures,
  sqlFailures,
  streamFailures,
} from "./failures.ts"
import type { AnswerHeader } from "./headers.ts"
import {
  basis,
  bom,
  databasePage,
  group,
  ifNoneMatch,
  lastEventHeader,
  lastEventQuery,
  parts,
  table,
} from "./parameters.ts"
import { SqlRequest } from "./requests.ts"
import { TaskGroupResult } from "./results.ts"
import { getRow, getRowHtml, getRowJson, getRowMarkdown } from "./rows.ts"
import { Markdown, NotModified, notModified, shown, textAs, VERSIONED } from "./shown.ts"

/** What anybody may read who has a group's URL. No key is needed, and none is looked at. */

const Json = TaskGroupResult
const JsonLines = textAs("application/jsonl")
const Csv = textAs("text/csv")
const Events = textAs("text/event-stream")
const NoMore = HttpApiSchema.Empty(204)

const STREAMED: ReadonlyArray<AnswerHeader> = ["Cache-Control", "Vary", "X-Accel-Buffering", "Link"]
const EVENT_DATA = ["TaskGroupStatusEvent", "TaskRunStateEvent", "DoneEvent"]

const LINES = ["ResultLine", "StoredRun", "StoredDetails", "StoredSchema"]

const noMore: Answer = {
  name: "StreamEnded",
  description: "There is nothing behind the event that you have: the stream has ended.",
}

const getTaskGroup = HttpApiEndpoint.get("getTaskGroup", "/:taskgroup_id", {
  params: group,
  headers: { ...ifNoneMatch, ...lastEventHeader },
  query: { ...parts, ...basis, ...table, ...bom, ...lastEventQuery },
  success: [Json, Html, Markdown, Events, Csv, JsonLines, NotModified, NoMore],
  error: errorsOf(negotiatedFailures),
}).annotateMerge(
  about({
    summary: "Read a task group",
    description:
      "In the format that `Accept` prefers; JSON for `*/*` or no header. Parameters are those of the format; what it does not know is ignored. The same with an extension is the format that it names.",
    answers: {
      200: {
        description: "The group, in one of its formats.",
        headers: [
          "ETag?",
          "Cache-Control",
          "Vary",
          "Sunset?",
          "Link",
          "Content-Disposition?",
          "X-Accel-Buffering?",
        ],
        items: [],
      },
      304: notModified,
      204: noMore,
    },
    failures: negotiatedFailures,
  }),
)

const getTaskGroupJson = HttpApiEndpoint.get("getTaskGroupJson", "/:taskgroup_id.json", {
  params: group,
  headers: ifNoneMatch,
  query: { ...parts, ...basis },
  success: [Json, NotModified],
  error: errorsOf(partsFailures),
}).annotateMerge(
  about({
    summary: "Read it as JSON",
    description:
      "How the group stands, and every row: flat in `results`, with all that Parallel says in `runs`. To follow a group, ask again with `If-None-Match`, or read `.sse`.",
    answers: {
      200: shown("The group.", { examples: { "application/json": examples.result } }),
      304: notModified,
    },
    failures: partsFailures,
  }),
)

const getTaskGroupJsonl = HttpApiEndpoint.get("getTaskGroupJsonl", "/:taskgroup_id.jsonl", {
  params: group,
  headers: ifNoneMatch,
  query: { ...parts, ...basis, ...table },
  success: [JsonLines, NotModified],
  error: errorsOf(partsFailures),
}).annotateMerge(
  about({
    summary: "Read its rows as JSON Lines",
    description: "One object a line: an element of `results`, with `$error` where there is one.",
    answers: {
      200: shown("The rows.", { examples: { "application/jsonl": examples.jsonl }, items: LINES }),
      304: notModified,
    },
    failures: partsFailures,
  }),
)

const getTaskGroupMarkdown = HttpApiEndpoint.get("getTaskGroupMarkdown", "/:taskgroup_id.md", {
  params: group,
  headers: ifNoneMatch,
  query: { ...parts, ...basis },
  success: [Markdown, NotModified],
  error: errorsOf(partsFailures),
}).annotateMerge(
  about({
    summary: "Read it as Markdown",
    description:
      "For people and language models: title, progress and one table. An emoji in front of each output is its confidence, high 🟢, medium 🟡 or low 🔴.",
    answers: {
      200: shown("The group.", { examples: { "text/markdown": examples.markdown } }),
      304: notModified,
    },
    failures: partsFailures,
  }),
)

const getTaskGroupCsv = HttpApiEndpoint.get("getTaskGroupCsv", "/:taskgroup_id.csv", {
  params: group,
  headers: ifNoneMatch,
  query: { ...parts, ...bom },
  success: [Csv, NotModified],
  error: errorsOf(partsFailures),
}).annotateMerge(
  about({
    summary: "Read its rows as CSV",
    description:
      "With a byte order mark, for spreadsheets. Text that one would run as a formula is led by an apostrophe.",
    answers: {
      200: shown("The rows.", {
        headers: [...VERSIONED, "Link", "Content-Disposition"],
        examples: { "text/csv": examples.csv },
      }),
      304: notModified,
    },
    failures: partsFailures,
  }),
)

const getTaskGroupHtml = HttpApiEndpoint.get("getTaskGroupHtml", "/:taskgroup_id.html", {
  params: group,
  headers: ifNoneMatch,
  success: [Html, NotModified],
  error: errorsOf(pageFailures),
}).annotateMerge(
  about({
    summary: "Read it as a page",
    description: "A table that fills in by itself, with search, filters, sources and downloads.",
    answers: { 200: shown("The page."), 304: notModified },
    failures: pageFailures,
  }),
)

const streamTaskGroup = HttpApiEndpoint.get("streamTaskGroup", "/:taskgroup_id.sse", {
  params: group,
  headers: lastEventHeader,
  query: { ...basis, ...lastEventQuery },
  success: [Events, NoMore],
  error: errorsOf(streamFailures),
}).annotateMerge(
  about({
    summary: "Follow it as server-sent events",
    description:
      "How the group stands, the present state of every row, then what changes, then `done`. A row's end is told once, with its output. The connection outlasts restarts; come back with the last id to go on from there.",
    answers: {
      200: {
        description: "The stream.",
        headers: STREAMED,
        examples: { "text/event-stream": examples.events },
        items: EVENT_DATA,
      },
      204: noMore,
    },
    failures: streamFailures,
  }),
)

const getDatabasePage = HttpApiEndpoint.get("getDatabasePage", "/:taskgroup_id.db", {
  params: group,
  query: databasePage,
  success: Html,
  error: errorsOf(databaseFailures),
}).annotateMerge(
  about({
    summary: "Open it as a database",
    description: "A small SQL console in the browser; Outerbase's studio is a button further.",
    answers: { 200: { description: "The page.", headers: ["Cache-Control"] } },
    failures: databaseFailures,
  }),
)

const queryTaskGroup = HttpApiEndpoint.post("queryTaskGroup", "/:taskgroup_id.db", {
  params: group,
  payload: SqlRequest,
  success: SqlAnswer,
  error: errorsOf(sqlFailures),
}).annotateMerge(
  about({
    summary: "Ask it in SQL",
    description:
      "SQLite's SELECT over the view `results` (your columns behind `$id` and `$status`) and the tables `runs` and `details`. Reading only; no key is needed. What could take too long is refused, with the bound that it met and what to ask instead.",
    examples: examples.sqlRequests,
    answers: {
      200: { description: "Rows, or why not.", examples: { "application/json": examples.sqlAnswers } },
    },
    failures: sqlFailures,
  }),
)

export const Results = HttpApiGroup.make("Results", { topLevel: true })
  .add(
    getTaskGroup,
    getTaskGroupJson,
    getTaskGroupJsonl,
    getTaskGroupMarkdown,
    getTaskGroupCsv,
    getTaskGroupHtml,
    streamTaskGroup,
    getDatabasePage,
    queryTaskGroup,
    getRow,
    getRowJson,
    getRowMarkdown,
    getRowHtml,
  )
  .annotate(
    OpenApi.Description,
    "Reading a group, while it fills in and for 30 days after its end. Whoever has the URL may read; no key is needed. Extensions are taken in any case. A browser gets errors as pages.",
  )
