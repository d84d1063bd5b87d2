import * as HttpApi from "effect/http-api/HttpApi"
import * as OpenApi from "effect/http-api/OpenApi"
import { VERSION } from "../domain/Product.ts"
import { Documents, Mcp, Pages } from "./agents.ts"
import { Results } from "./reads.ts"
import {
  DoneEvent,
  ResultLine,
  StoredDetails,
  StoredRun,
  StoredSchema,
  TaskGroupStatusEvent,
  TaskRunStateEvent,
} from "./results.ts"
import { TaskGroups } from "./taskGroups.ts"

const DESCRIPTION = `One POST turns a list of inputs into a [Parallel](https://parallel.ai) task group. The answer is one URL, which shows the results live while they come in and for 30 days after: as JSON, JSON Lines, Markdown, CSV, a page, a stream of events, or SQL.

1. Plan: \`POST /v1beta/tasks/multitask\` with \`dry_run\`, or begin with \`limit: 3\`.
2. Create: the same without. The answer is the group's URL.
3. Wait: \`GET {url}.json\` until \`status.is_active\` is false, or read \`{url}.sse\`.
4. Read: \`{url}.md\`, \`.json\`, \`.jsonl\`, \`.csv\`. One row: \`{url}/{index}\`.
5. Go on: retry what failed, add rows, stop, delete.

Every error has the shape of Parallel's own, and says what to do. Send what spends or changes something with an \`Idempotency-Key\`, and it can be sent again when its answer was lost. A field that is null counts as absent; one that is unknown is refused. Answers may grow: ignore what you do not know. \`HEAD\` answers what \`GET\` does, without its body; another method gets a 405 with \`Allow\`, another path a 404.`

/** The contract as a value. The handlers are routes of their own; tests hold the two together. */
export const Api = HttpApi.make("ParallelMultitask")
  .add(TaskGroups, Results, Mcp, Documents, Pages)
  .annotateMerge(
    OpenApi.annotations({
      title: "Parallel Multitask",
      version: VERSION,
      summary: "Enriches every row of a list with web research by Parallel.",
      description: DESCRIPTION,
      license: { name: "MIT", identifier: "MIT" },
      servers: [{ url: "{{origin}}" }],
    }),
  )
  .annotate(HttpApi.AdditionalSchemas, [
    ResultLine,
    StoredRun,
    StoredDetails,
    StoredSchema,
    TaskGroupStatusEvent,
    TaskRunStateEvent,
    DoneEvent,
  ])
