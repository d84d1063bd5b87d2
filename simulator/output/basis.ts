import type { Random } from "../core/random.ts"
import type { Citation, FieldBasis, Json, JsonObject } from "../core/wire.ts"
import type { Subject } from "./subject.ts"

const show = (value: Json): string => {
  const text = typeof value === "string" ? value : JSON.stringify(value)
  return text.length > 120 ? `${text.slice(0, 117)}...` : text
}

const citationOf = (subject: Subject, field: string, value: Json, random: Random): Citation => {
  const words = field.replace(/[^A-Za-z0-9]+/g, " ").trim()
  const pages: Citation[] = [
    {
      title: `About ${subject.name}`,
      url: `https://${subject.website}/about`,
      excerpts: [`${subject.name}: ${words} ${show(value)}`],
    },
    {
      title: `${subject.name} - Wikipedia`,
      url: `https://en.wikipedia.org/wiki/${encodeURIComponent(subject.name.replaceAll(" ", "_"))}`,
      excerpts: [`${subject.name} is based in ${subject.city}, ${subject.country}.`],
    },
    { title: null, url: `https://news.example/${subject.slug}/${random.int(1000, 9999)}`, excerpts: [] },
  ]
  return random.pick(pages)
}

/** D8: `lite` sometimes says nothing about confidence. */
const confidenceOf = (random: Random, processor: string, missing: boolean): { confidence?: string } => {
  const draw = random.next()
  if (processor.startsWith("lite") && draw < 0.4) return draw < 0.2 ? { confidence: "" } : {}
  if (missing) return { confidence: "low" }
  return { confidence: draw < 0.55 ? "high" : draw < 0.85 ? "medium" : "low" }
}

const entryOf = (
  field: string,
  value: Json,
  subject: Subject,
  random: Random,
  processor: string,
): FieldBasis => {
  const missing = value === null
  const count = missing ? 0 : random.int(1, 3)
  const citations = Array.from({ length: count }, () => citationOf(subject, field, value, random))
  const unique = citations.filter((one, i) => citations.findIndex((other) => other.url === one.url) === i)
  const reasoning = missing
    ? `No source about ${subject.name} states this.`
    : `${unique.length === 1 ? "One source states" : `${unique.length} sources agree on`} this for ${subject.name}.`
  return { field, citations: unique, reasoning, ...confidenceOf(random, processor, missing) }
}

/** One entry per top-level field; with the beta, also one per element of an array, by its dot path. */
export const basisOf = (
  content: JsonObject,
  subject: Subject,
  random: Random,
  processor: string,
  elements: boolean,
): FieldBasis[] =>
  Object.entries(content).flatMap(([field, value]) => {
    const own = entryOf(field, value, subject, random, processor)
    if (!elements || !Array.isArray(value)) return [own]
    return [own, ...value.map((item, i) => entryOf(`${field}.${i}`, item, subject, random, processor))]
  })

/** Text output has a single entry, named `output`. */
export const textBasis = (
  text: string,
  subject: Subject,
  random: Random,
  processor: string,
): FieldBasis[] => [entryOf("output", text.split("\n")[0] ?? "", subject, random, processor)]
