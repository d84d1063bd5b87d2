import { bodyOf, type Exchange } from "../../simulator/index.ts"
import { type Facts, jsonOf } from "../facts.ts"
import { type Json, objectOf, parseJson, textOf } from "../reading.ts"
import { a, b, open, plural, type Question } from "../verdict.ts"

interface Shape {
  readonly required: ReadonlyArray<string>
  readonly optional: ReadonlyArray<string>
}

const SHAPES = {
  run: {
    required: ["run_id", "interaction_id", "processor", "status", "is_active", "created_at", "modified_at"],
    optional: ["warnings", "error", "metadata", "taskgroup_id"],
  },
  status: {
    required: ["num_task_runs", "task_run_status_counts", "is_active", "status_message", "modified_at"],
    optional: [],
  },
  group: { required: ["taskgroup_id", "status", "created_at"], optional: ["metadata"] },
  "run event": { required: ["type", "event_id", "run"], optional: ["input", "output"] },
  "status event": { required: ["type", "event_id", "status"], optional: [] },
  output: {
    required: ["type", "content", "basis"],
    optional: ["output_schema", "mcp_tool_calls", "beta_fields"],
  },
  basis: { required: ["field", "reasoning"], optional: ["citations", "confidence"] },
  citation: { required: ["url"], optional: ["title", "excerpts"] },
} satisfies Record<string, Shape>

type ShapeName = keyof typeof SHAPES
const TYPES = new Set(["task_group_status", "task_run.state", "error"])
const STATUSES = new Set([
  "queued",
  "action_required",
  "running",
  "completed",
  "failed",
  "cancelling",
  "cancelled",
])

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** Every object of a known kind in the recording. */
const objectsOf = (facts: Facts): ReadonlyArray<readonly [ShapeName, Json]> => {
  const found: Array<readonly [ShapeName, Json]> = []
  const add = (name: ShapeName, value: unknown) => {
    if (isObject(value)) found.push([name, value])
  }
  const output = (value: unknown) => {
    add("output", value)
    const basis = objectOf(value)["basis"]
    for (const entry of Array.isArray(basis) ? basis : []) {
      add("basis", entry)
      const citations = objectOf(entry)["citations"]
      for (const citation of Array.isArray(citations) ? citations : []) add("citation", citation)
    }
  }
  for (const { events } of [...facts.streams, ...facts.listings]) {
    for (const { type, json } of events) {
      if (type === "task_run.state") {
        add("run event", json)
        add("run", json["run"])
        output(json["output"])
      } else if (type === "task_group_status") {
        add("status event", json)
        add("status", json["status"])
      }
    }
  }
  for (const exchange of facts.exchanges) {
    if (exchange.status !== 200 || !bodyOf(exchange).startsWith("{")) continue
    const json = jsonOf(exchange)
    if ("taskgroup_id" in json && "created_at" in json && !("run_id" in json)) {
      add("group", json)
      add("status", json["status"])
    } else if ("run_id" in json) add("run", json)
    else if (isObject(json["run"])) {
      add("run", json["run"])
      output(json["output"])
    }
  }
  return found
}

const named = (names: ReadonlySet<string>) => [...names].toSorted().join(", ")

const outputsOf = (facts: Facts) =>
  objectsOf(facts).flatMap(([name, value]) => (name === "output" ? [value] : []))

const statusWord = (exchanges: ReadonlyArray<Exchange>) => exchanges.at(-1)?.status ?? null

const shapeOfError = (exchange: Exchange): string => {
  const json = jsonOf(exchange)
  if (Array.isArray(json["detail"])) return "the framework's own"
  const error = objectOf(json["error"])
  if (textOf(error["message"]) === null) return isObject(parseJson(bodyOf(exchange))) ? "another" : "no JSON"
  return json["type"] === "error" && error["ref_id"] !== undefined
    ? "type, ref_id, message"
    : "message without ref_id"
}

export const shapeQuestions: ReadonlyArray<Question> = [
  {
    id: "U10",
    question: "Are there events of unknown types?",
    judge: (facts) => {
      const types = [...facts.streams, ...facts.listings].flatMap(({ events }) =>
        events.map(({ type }) => type),
      )
      if (types.length === 0) return open("no event came")
      const strange = new Set(types.filter((type) => !TYPES.has(type)))
      return strange.size === 0 ? a("no", `${types.length} events of known types`) : b("yes", named(strange))
    },
  },
  {
    id: "U10b",
    question: "Are there unknown fields?",
    judge: (facts) => {
      const strange = new Set(
        objectsOf(facts).flatMap(([name, value]) => {
          const shape: Shape = SHAPES[name]
          const known = [...shape.required, ...shape.optional]
          return Object.keys(value).flatMap((key) => (known.includes(key) ? [] : [`${name}.${key}`]))
        }),
      )
      return strange.size === 0
        ? a("no", `${objectsOf(facts).length} objects looked at`)
        : b("yes", named(strange))
    },
  },
  {
    id: "U10c",
    question: "Are required fields missing?",
    judge: (facts) => {
      const missing = new Set(
        objectsOf(facts).flatMap(([name, value]) => {
          const shape: Shape = SHAPES[name]
          return shape.required.flatMap((key) => (key in value ? [] : [`${name}.${key}`]))
        }),
      )
      return missing.size === 0
        ? a("no", `${objectsOf(facts).length} objects looked at`)
        : b("yes", named(missing))
    },
  },
  {
    id: "U10d",
    question: "Are there unknown statuses?",
    judge: (facts) => {
      const seen = new Set([
        ...facts.sightings.map(({ status }) => status),
        ...facts.counts.flatMap(({ counts }) => Object.keys(counts)),
      ])
      const strange = new Set([...seen].filter((status) => !STATUSES.has(status)))
      return strange.size === 0 ? a("no", `seen: ${named(seen)}`) : b("yes", named(strange))
    },
  },
  {
    id: "U22",
    question: "What does a malformed id get?",
    judge: (facts) => {
      const status = statusWord(facts.named("group:malformed"))
      if (status === null) return open("it was not asked")
      return status === 404
        ? a("404", "GET of a group that cannot be one")
        : b(String(status), "GET of a group that cannot be one")
    },
  },
  {
    id: "U22b",
    question: "What does the id of no group get?",
    judge: (facts) => {
      const status = statusWord(facts.named("group:unknown"))
      if (status === null) return open("it was not asked")
      return status === 404 ? a("404", "GET of a made-up id") : b(String(status), "GET of a made-up id")
    },
  },
  {
    id: "U22c",
    question: "What does another account's key get of this group?",
    judge: (facts) => {
      const status = statusWord(facts.named("group:foreign"))
      if (status === null) return open("needs a second key in PARALLEL_OTHER_API_KEY")
      return status === 404
        ? a("404", "GET with the other key")
        : b(status === 200 ? "the group" : String(status), `GET with the other key: ${status}`)
    },
  },
  {
    id: "D6",
    question: "What do errors look like?",
    judge: (facts) => {
      const errors = facts.exchanges.filter(({ status }) => status !== null && status >= 400)
      if (errors.length === 0) return open("no error came")
      const shapes = [...new Set(errors.map((exchange) => `${exchange.status}: ${shapeOfError(exchange)}`))]
      return errors.every((exchange) =>
        ["type, ref_id, message", "the framework's own"].includes(shapeOfError(exchange)),
      )
        ? a("as the OpenAPI document says", shapes.join("; "))
        : b("otherwise", shapes.join("; "))
    },
  },
  {
    id: "D7",
    question: "Is the content of a JSON output an object?",
    judge: (facts) => {
      const outputs = outputsOf(facts).filter((output) => output["type"] === "json")
      if (outputs.length === 0) return open("no JSON output came")
      const asText = outputs.filter((output) => typeof output["content"] === "string").length
      return asText === 0
        ? a("yes", plural(outputs.length, "output"))
        : b("no: JSON as text", `${asText} of ${outputs.length} outputs`)
    },
  },
  {
    id: "D8",
    question: "Does this processor give confidence?",
    judge: (facts) => {
      const entries = objectsOf(facts).flatMap(([name, value]) =>
        name === "basis" ? [value["confidence"]] : [],
      )
      if (entries.length === 0) return open("no basis came")
      const given = entries.filter((confidence) => typeof confidence === "string" && confidence !== "")
      const shown = [
        ...new Set(
          entries.map((confidence) =>
            confidence === "" ? '""' : confidence === undefined ? "absent" : String(confidence),
          ),
        ),
      ]
      return given.length === entries.length ? a("yes", shown.join(", ")) : b("not always", shown.join(", "))
    },
  },
]

/** What three cheap runs of one account cannot tell. */
export const beyondReach: ReadonlyArray<Question> = [
  ["U7d", "How long may a stream stay open?", "takes an hour of active runs"],
  [
    "U12",
    "Is adding runs atomic; may a lost answer be repeated?",
    "takes refused and broken requests that may cost",
  ],
  ["U23", "Are failed, cancelled and duplicate runs billed?", "is on the bill, not in an answer"],
  ["D4", "Do GETs count against the rate limit?", "takes thousands of requests"],
  ["D5", "How deep may an output schema nest?", "costs a run when it is accepted"],
].map(([id = "", question = "", why = ""]) => ({ id, question, judge: () => open(why) }))
