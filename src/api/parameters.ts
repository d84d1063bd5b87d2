import * as Schema from "effect/Schema"
import * as HttpApiMiddleware from "effect/http-api/HttpApiMiddleware"
import * as HttpApiSecurity from "effect/http-api/HttpApiSecurity"
import * as OpenApi from "effect/http-api/OpenApi"
import { STORED_TABLES } from "../domain/ResultQuery.ts"
import { GroupIdText, optional, text } from "./values.ts"

/** The key that a request needs. */
export class ParallelApiKey extends HttpApiMiddleware.Service<ParallelApiKey>()("api/ParallelApiKey", {
  security: {
    apiKey: HttpApiSecurity.apiKey({ key: "x-api-key", in: "header" }).pipe(
      HttpApiSecurity.annotate(
        OpenApi.Description,
        "Your Parallel API key. It goes to Parallel alone, is kept with a group until that has ended, and shown to nobody.",
      ),
    ),
    bearer: HttpApiSecurity.bearer.pipe(
      HttpApiSecurity.annotate(OpenApi.Description, "The same key, as `Authorization: Bearer`."),
    ),
  },
}) {}

export const idempotencyKey = {
  "idempotency-key": optional(
    Schema.String.check(Schema.isPattern(/^[\x21-\x7e]{1,255}$/u)).annotate({
      description:
        "New for every new request, such as a UUID. For 24 hours the same request with the same key and API key gets the same answer and is done once; anything else under it is a 409. A plan claims none.",
      examples: ["1f7b0f3a-6a3c-4d0e-9d55-2b8a3c1f9f10"],
    }),
  ),
}

export const ifNoneMatch = {
  "if-none-match": optional(text("An `ETag` that you have: 304 when nothing is newer.")),
}

const lastEventId =
  "The id of the last event you have: only rows that changed since are sent, and 204 when there is nothing more."

export const lastEventHeader = { "last-event-id": optional(text(lastEventId)) }

export const dryRunQuery = {
  dry_run: optional(
    Schema.Literals(["true", "false"]).annotate({
      description: "Only plans, as the field of the body does.",
    }),
  ),
}

export const group = { taskgroup_id: GroupIdText }

export const row = {
  ...group,
  row: text("The index of its input, from 0, or its run's id.", { examples: ["0"] }),
}

const wholeNumber = (least: number, description: string) =>
  optional(Schema.Int.check(Schema.isGreaterThanOrEqualTo(least)).annotate({ description }))

export const basis = {
  basis: optional(
    Schema.String.check(Schema.isPattern(/^(?:all|none|field:.+)$/u)).annotate({
      description:
        "How much of the reasoning and the sources: `all`, `none`, or `field:<name>` for one field. Absent: `all` on json and sse, `none` on jsonl and md.",
      examples: ["none", "field:ceo"],
    }),
  ),
}

export const parts = {
  status: optional(
    Schema.String.check(
      Schema.isPattern(
        /^(?:queued|running|completed|failed|cancelled)(?:,(?:queued|running|completed|failed|cancelled))*$/u,
      ),
    ).annotate({
      description:
        "Only rows that are `queued`, `running`, `completed`, `failed` or `cancelled`; several with commas between them.",
      examples: ["failed,cancelled"],
    }),
  ),
  limit: wholeNumber(1, 'At most so many rows; `Link` with `rel="next"` leads to the next ones.'),
  after: wholeNumber(0, "Only inputs behind this index."),
}

export const table = {
  table: optional(
    Schema.Literals(STORED_TABLES).annotate({
      description:
        "Instead of results, a table's rows as SQL reads them: `runs` (every attempt), `details`, or, to make both and the view elsewhere, their `sqlite_schema`. JSON in columns is text. Goes with no other parameter.",
    }),
  ),
}

export const bom = {
  bom: optional(Schema.Literals(["0", "1"]).annotate({ description: "`0`: without the byte order mark." })),
}

export const lastEventQuery = {
  last_event_id: optional(text(`${lastEventId} Where no header can be sent; \`lastEventId\` is taken too.`)),
  lastEventId: optional(text("The same as `last_event_id`.")),
}

export const databasePage = {
  page: optional(
    Schema.Literals(["console", "studio"]).annotate({
      description: "`console`: our own. `studio`: the page from which Outerbase's studio is opened.",
    }),
  ),
}
