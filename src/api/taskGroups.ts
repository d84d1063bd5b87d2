import * as Schema from "effect/Schema"
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import * as HttpApiSchema from "effect/http-api/HttpApiSchema"
import * as OpenApi from "effect/http-api/OpenApi"
import { about, type Answer, type Example } from "./about.ts"
import { Created, Deleted, InputsAdded, Plan, Resumed, RowsRetried, Stopped } from "./answers.ts"
import { examples, GROUP_URL } from "./examples.ts"
import { actFailures, createFailures, errorsOf, otherRefusal } from "./failures.ts"
import { dryRunQuery, group, idempotencyKey, ParallelApiKey } from "./parameters.ts"
import { AddInputsRequest, MultitaskRequest, NoFields, RetryRequest } from "./requests.ts"

/** What takes a key: making a task group, and what changes it later. */

const UrlText = Schema.String.pipe(HttpApiSchema.asText({ contentType: "text/plain" }))

/** The URL as text, or for who accepts `application/json` rather than text, JSON. */
const answered = (description: string, json: Readonly<Record<string, Example>>): Answer => ({
  description: `${description} As text the group's URL; as JSON for who names \`application/json\` in \`Accept\`, and of a plan.`,
  headers: ["Location?", "Cache-Control", "Vary", "Idempotency-Replayed?"],
  examples: {
    "text/plain": { url: { value: GROUP_URL } },
    "application/json": json,
  },
})

const createMultitask = HttpApiEndpoint.post("createMultitask", "/v1beta/tasks/multitask", {
  headers: idempotencyKey,
  query: dryRunQuery,
  payload: MultitaskRequest,
  success: [Created, Plan, UrlText],
  error: errorsOf(createFailures),
})
  .middleware(ParallelApiKey)
  .annotateMerge(
    about({
      summary: "Turn a list into a task group",
      description:
        "Sends every row to Parallel as a task run and answers one URL, under which the results fill in. All that can be checked is checked first; an output schema, an input schema and a processor that are not given are suggested from the description and the rows. Begin with `dry_run`, or with `limit: 3`. It answers when every row is accepted, or after 20 s with the rest still going in: they do so by themselves. Other refusals of Parallel's come with its status and its words.",
      examples: examples.createRequests,
      answers: { 200: answered("The group has been created, or planned.", examples.createAnswers) },
      failures: createFailures,
      passesOn: otherRefusal,
    }),
  )

const addInputs = HttpApiEndpoint.post("addInputs", "/:taskgroup_id/inputs", {
  params: group,
  headers: idempotencyKey,
  query: dryRunQuery,
  payload: AddInputsRequest,
  success: [InputsAdded, UrlText],
  error: errorsOf(actFailures),
})
  .middleware(ParallelApiKey)
  .annotateMerge(
    about({
      summary: "Add rows to a task group",
      description:
        "They continue the indexes and run with the group's processor and task. A group that had ended becomes active again.",
      examples: examples.addRequests,
      answers: { 200: answered("The rows are in.", examples.addAnswers) },
      failures: actFailures,
    }),
  )

const retryRows = HttpApiEndpoint.post("retryRows", "/:taskgroup_id/retry", {
  params: group,
  headers: idempotencyKey,
  query: dryRunQuery,
  payload: RetryRequest,
  success: [RowsRetried, UrlText],
  error: errorsOf(actFailures),
})
  .middleware(ParallelApiKey)
  .annotateMerge(
    about({
      summary: "Run rows again",
      description:
        "All that failed or were cancelled, or those that are named; with another processor where one is given. Rows under way are left alone, with a warning. Results show the newest attempt; older ones stay in the database.",
      examples: examples.retryRequests,
      mayLackBody: true,
      answers: { 200: answered("They run again.", examples.retryAnswers) },
      failures: actFailures,
    }),
  )

const stopTaskGroup = HttpApiEndpoint.post("stopTaskGroup", "/:taskgroup_id/stop", {
  params: group,
  headers: idempotencyKey,
  payload: NoFields,
  success: [Stopped, UrlText],
  error: errorsOf(actFailures),
})
  .middleware(ParallelApiKey)
  .annotateMerge(
    about({
      summary: "Send nothing more",
      description:
        "Rows that were not sent end as `cancelled`. What is at Parallel cannot be stopped there, is paid for and goes on to its end.",
      examples: examples.noFields,
      mayLackBody: true,
      answers: { 200: answered("Nothing more is sent.", examples.stopAnswers) },
      failures: actFailures,
    }),
  )

const resumeTaskGroup = HttpApiEndpoint.post("resumeTaskGroup", "/:taskgroup_id/resume", {
  params: group,
  headers: idempotencyKey,
  payload: NoFields,
  success: [Resumed, UrlText],
  error: errorsOf(actFailures),
})
  .middleware(ParallelApiKey)
  .annotateMerge(
    about({
      summary: "Go on",
      description:
        "With rows that were left unsent, by a stop, for want of credit or under a refused key, and with following that was given up. The key of this request is used from then on.",
      examples: examples.noFields,
      mayLackBody: true,
      answers: { 200: answered("It goes on.", examples.resumeAnswers) },
      failures: actFailures,
    }),
  )

const deleteTaskGroup = HttpApiEndpoint.delete("deleteTaskGroup", "/:taskgroup_id", {
  params: group,
  headers: idempotencyKey,
  success: [Deleted, UrlText],
  error: errorsOf(actFailures),
})
  .middleware(ParallelApiKey)
  .annotateMerge(
    about({
      summary: "Delete a task group",
      description:
        "Nothing more is sent or followed, no webhook is called, and everything is gone here; afterwards the URL answers 404. Runs that are under way at Parallel run on there.",
      answers: { 200: answered("It is gone.", examples.deleteAnswers) },
      failures: actFailures,
    }),
  )

export const TaskGroups = HttpApiGroup.make("Task groups", { topLevel: true })
  .add(createMultitask, addInputs, retryRows, stopTaskGroup, resumeTaskGroup, deleteTaskGroup)
  .annotate(
    OpenApi.Description,
    "Making task groups, and what changes one later. These requests take a Parallel API key; changes need one that may read the group at Parallel. Give each an `Idempotency-Key`, so that it can be sent again when its answer was lost.",
  )
