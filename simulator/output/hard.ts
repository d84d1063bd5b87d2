import { objectText, type JsonText, type Member } from "../core/jsonText.ts"
import type { JsonObject } from "../core/wire.ts"
import { isObject } from "../validation/fields.ts"

/** JSON takes these as they are, but readers that split at line ends, and terminals, do not. */
const RAW = "\u2028\u2029\u0085\u007f\u009b"

export const HARD_TEXT: JsonText = String.raw`"NUL \u0000, ESC \u001b[31m, DEL \u007f, half \ud800, caf\u00e9, http:\/\/x, raw ${RAW}"`

const member = (name: string, value: JsonText) => ({ key: JSON.stringify(name), value })

const LEVELS = 99

/** What is lost, changed or refused by who makes values of it and writes them anew. */
const HARD_MEMBERS: ReadonlyArray<Pick<Member, "key" | "value">> = [
  member("tweet_id", "738529527931269425"),
  member("thirty_digits", "123456789012345678901234567890"),
  member("price", "1.10"),
  member("exponent", "1E+2"),
  member("minus_zero", "-0"),
  member("tiny", "1e-400"),
  member("2023", "3"),
  member("2021", "1"),
  member("twice", '"first"'),
  member("twice", '"second"'),
  { key: String.raw`"caf\u00e9"`, value: String.raw`"caf\u00e9"` },
  member("__proto__", '"a column like any other"'),
  member("half", String.raw`"\ud800"`),
  member("raw", `"${RAW}"`),
  member("controls", String.raw`"\u0000 \u001b[31m \u007f"`),
  member("blanks", '{ "a" : [ 1 ,\t2 ],\n  "b":\r\n{ } }'),
  member("deep", `${"[".repeat(LEVELS)}1${"]".repeat(LEVELS)}`),
]

const HARD_BY_TYPE: Readonly<Record<string, JsonText>> = {
  string: HARD_TEXT,
  integer: "738529527931269425",
  number: "1.10",
  boolean: "true",
  array: "[ 738529527931269425 , 1E+2 , -0 ]",
  object: '{"2023":1.10,"2021":-0}',
}

const hardValue = (schema: unknown): JsonText => {
  const type = isObject(schema) ? schema["type"] : undefined
  const first = Array.isArray(type) ? type.find((one) => one !== "null") : type
  return HARD_BY_TYPE[String(first)] ?? "null"
}

/** The schema's own fields first. */
export const hardContent = (schema: JsonObject, names: ReadonlyArray<string>): JsonText => {
  const properties = isObject(schema["properties"]) ? schema["properties"] : {}
  const own = names.map((name) => member(name, hardValue(properties[name])))
  const known = new Set(own.map(({ key }) => key))
  return objectText([...own, ...HARD_MEMBERS.filter(({ key }) => !known.has(key))])
}

/** A suggested schema that only text keeps as it is; upstream takes every keyword in it. */
export const HARD_SCHEMA: JsonText =
  '{"type":"object","properties":{' +
  '"2023":{"type":["number","null"],"description":"Revenue in 2023, USD. Null if not found.","default":1.10},' +
  '"2021":{"type":["number","null"],"description":"Revenue in 2021, USD. Null if not found."},' +
  '"order_number":{"type":["integer","null"],"description":"Number of the order.",' +
  '"exclusiveMaximum":738529527931269425}},' +
  '"required":["2023","2021","order_number"],"additionalProperties":false}'
