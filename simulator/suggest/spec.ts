import type { Json, JsonObject } from "../core/wire.ts"
import { isObject } from "../validation/fields.ts"
import { phrasesOf, type Phrase } from "./phrases.ts"

const MAX_FIELDS = 15
const SUSPICIOUS =
  /ignore (all |any )?(previous|prior|above)|system prompt|<script|drop table|\$\{|api[ _-]?key/i

export interface Suggestion {
  input_schema: JsonObject
  output_schema: JsonObject
  inputs: JsonObject[]
  title: string
  warnings: JsonObject[]
}

/** Takes a bare schema as well as a wrapped one. */
export const bareSchema = (schema: Json | undefined): JsonObject | null => {
  if (!isObject(schema)) return null
  if (schema["type"] === "json" && isObject(schema["json_schema"])) return schema["json_schema"]
  return schema
}

const sentence = (words: string) => words.charAt(0).toUpperCase() + words.slice(1)

const TYPES: ReadonlyArray<readonly [RegExp, (words: string) => JsonObject]> = [
  [
    /\b(year|founded)\b/i,
    (w) => ({ type: ["string", "null"], description: `${sentence(w)}, YYYY. Null if not found.` }),
  ],
  [
    /\bdate\b/i,
    (w) => ({ type: ["string", "null"], description: `${sentence(w)}, YYYY-MM-DD. Null if not found.` }),
  ],
  [
    /^(list of|top \d+|names of|all)\b|\b(competitors|products|founders|investors|customers|executives|technologies|languages|tags|keywords|offices)$/i,
    (w) => ({
      type: "array",
      items: { type: "string" },
      description: `${sentence(w)}. Empty if none are found.`,
    }),
  ],
  [
    /^(whether|is|are|has|have|does)\b/i,
    (w) => ({ type: ["boolean", "null"], description: `${sentence(w)}. Null if not known.` }),
  ],
  [
    /\b(number|count|amount|how many|employees|headcount|staff|team size)\b/i,
    (w) => ({
      type: ["integer", "null"],
      description: `${sentence(w)}, as a whole number. Null if not found.`,
    }),
  ],
  [
    /\b(revenue|funding|valuation|price|market cap|score|rating|percentage|percent)\b/i,
    (w) => ({
      type: ["number", "null"],
      description: `${sentence(w)}, as a number without units. Null if not found.`,
    }),
  ],
  [
    /\b(url|website|homepage|link|domain)\b/i,
    (w) => ({ type: ["string", "null"], description: `${sentence(w)}, as a full URL. Null if not found.` }),
  ],
]

const propertyOf = (phrase: Phrase): JsonObject => {
  const make = TYPES.find(([pattern]) => pattern.test(phrase.words))?.[1]
  return (
    make?.(phrase.words) ?? {
      type: "string",
      description: `${sentence(phrase.words)}. If unknown, 'Unknown'.`,
    }
  )
}

const warning = (type: string, message: string): JsonObject => ({ type, message, detail: null })

const titleOf = (intent: string): string => {
  const words = intent
    .replace(/[<>{}\n]+/g, " ")
    .trim()
    .split(/\s+/)
    .slice(0, 7)
    .join(" ")
  return words === "" ? "Untitled task" : sentence(words.slice(0, 70))
}

const inputSchemaOf = (previous: Json | undefined): JsonObject => {
  const given = isObject(previous) ? bareSchema(previous["input_schema"]) : null
  if (given !== null) return given
  return {
    type: "object",
    properties: { name: { type: "string", description: "What to research" } },
    required: ["name"],
    additionalProperties: false,
  }
}

const schemaOf = (properties: JsonObject, strict: boolean): JsonObject => ({
  type: "object",
  properties,
  ...(strict ? { required: Object.keys(properties), additionalProperties: false } : {}),
})

const warningsOf = (intent: string, asked: number): JsonObject[] => {
  const warnings: JsonObject[] = []
  if (asked === 0)
    warnings.push(warning("unattainable_task", "The intent names nothing that could be found out."))
  if (SUSPICIOUS.test(intent))
    warnings.push(warning("unparsable_input", "Parts of the intent were not understood."))
  if (asked > MAX_FIELDS) {
    warnings.push(
      warning(
        "schema_generalization",
        `The intent names ${asked} fields; the first ${MAX_FIELDS} were kept.`,
      ),
    )
  }
  return warnings
}

/** A spec for what is asked in plain words; columns that the input has already are not asked for again. */
export const suggestSpec = (intent: string, previous: Json | undefined, strict: boolean): Suggestion => {
  const inputSchema = inputSchemaOf(previous)
  const columns = isObject(previous) && isObject(inputSchema["properties"]) ? inputSchema["properties"] : {}
  const phrases = phrasesOf(intent).filter((phrase) => !Object.hasOwn(columns, phrase.name))
  const properties = Object.fromEntries(phrases.slice(0, MAX_FIELDS).map((p) => [p.name, propertyOf(p)]))
  if (phrases.length === 0) {
    properties["summary"] = { type: "string", description: "Short summary of what was found." }
  }
  return {
    input_schema: inputSchema,
    output_schema: schemaOf(properties, strict),
    inputs: [],
    title: titleOf(intent),
    warnings: warningsOf(intent, phrases.length),
  }
}
