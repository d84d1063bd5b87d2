import { type OutputForm, runJsonOf } from "../RunJson.ts"
import type { Piece, View } from "./View.ts"

/** Pieces of `items`, separated by commas. */
function* separated<A>(items: Iterable<A>, encode: (item: A) => string): Generator<string> {
  let first = true
  for (const item of items) {
    yield first ? encode(item) : `,${encode(item)}`
    first = false
  }
}

/** What stands before the rows, without braces. */
export const headJson = ({ details, status }: View): string => {
  const spec = JSON.parse(details.taskSpec) as { output_schema?: { json_schema?: unknown } }
  return [
    `"taskgroup_id":${JSON.stringify(details.taskgroupId)}`,
    `"metadata":${details.metadata}`,
    `"status":${JSON.stringify(status)}`,
    `"created_at":${JSON.stringify(details.createdAt ?? "")}`,
    `"output_schema":${JSON.stringify(spec.output_schema?.json_schema ?? null)}`,
    `"warnings":${JSON.stringify(details.warnings)}`,
  ].join(",")
}

/** The JSON format: head, `results`, `runs`, in pieces. */
export function* renderJson(view: View, form: OutputForm = "full"): Generator<Piece> {
  yield `{${headJson(view)},"results":[`
  yield* view.elements("results", ",")
  yield `],"runs":[`
  if (form === "full") yield* view.elements("runs", ",")
  else yield* separated(view.rows(0), runJsonOf(view.details, form))
  yield "]}"
}
