import { elementsOf, fieldsOf, objectText, type JsonText } from "./jsonText.ts"

/** What a server makes of JSON that it has read and writes again. */
export type Rewriting = "as_sent" | "python" | "sorted" | "javascript"

/** Python's `repr` of a float: always a fraction or an exponent, the latter from 16 digits on and of two digits at least. */
const floatText = (value: number): JsonText => {
  if (!Number.isFinite(value)) return "null"
  const [digits = "", exponent = ""] = value.toExponential().split("e")
  const magnitude = Number(exponent)
  if (value === 0 || (magnitude >= -4 && magnitude < 16)) {
    const text = Object.is(value, -0) ? "-0" : String(value)
    return text.includes(".") ? text : `${text}.0`
  }
  return `${digits}e${magnitude < 0 ? "-" : "+"}${String(Math.abs(magnitude)).padStart(2, "0")}`
}

/** Integers keep their digits in Python, and have no minus before 0. */
const numberText = (json: JsonText): JsonText => {
  if (/[.eE]/.test(json)) return floatText(Number(json))
  return json === "-0" ? "0" : json
}

/** Strings of `json.dumps` with `ensure_ascii=False` are those of `JSON.stringify`. */
const asPython = (json: JsonText, sorted: boolean): JsonText => {
  switch (json[0]) {
    case "{": {
      const fields = [...fieldsOf(json)]
      if (sorted) fields.sort(([a], [b]) => (a < b ? -1 : 1))
      return objectText(
        fields.map(([name, value]) => ({ key: JSON.stringify(name), value: asPython(value, sorted) })),
      )
    }
    case "[":
      return `[${elementsOf(json)
        .map((element) => asPython(element, sorted))
        .join(",")}]`
    case '"':
      return JSON.stringify(JSON.parse(json))
    case "t":
    case "f":
    case "n":
      return json
    default:
      return numberText(json)
  }
}

export const rewritten = (json: JsonText, how: Rewriting): JsonText => {
  switch (how) {
    case "as_sent":
      return json
    case "javascript":
      return JSON.stringify(JSON.parse(json))
    case "python":
    case "sorted":
      return asPython(json.trim(), how === "sorted")
  }
}

/** Blanks between the tokens of an answer: none of its own, as `json.dumps` puts them, or one member a line. */
export type Blanks = "none" | "spaces" | "lines"

const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[[\]{},:]|[^\s"[\]{},:]+/g

export const spaced = (json: JsonText, blanks: Blanks): JsonText => {
  if (blanks === "none") return json
  const newline = (depth: number) => (blanks === "lines" ? `\n${" ".repeat(depth)}` : "")
  let text = ""
  let depth = 0
  for (const [token] of json.matchAll(TOKEN)) {
    if (token === "{" || token === "[") text += token + newline(++depth)
    else if (token === "}" || token === "]") text += newline(--depth) + token
    else if (token === ",") text += blanks === "lines" ? `,${newline(depth)}` : ", "
    else text += token === ":" ? ": " : token
  }
  return text
}
