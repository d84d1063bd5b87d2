import { type OpenApi, resolve, type Schema } from "./description.ts"

/** A member of an object, wherever in it: `source_policy.include_domains`, `mcp_servers[].url`. */
export interface Field {
  readonly path: string
  /** In Markdown. */
  readonly type: string
  readonly isRequired: boolean
  /** What a value must be besides, in words. */
  readonly rules: ReadonlyArray<string>
  readonly description: string
}

/** How a heading is addressed. */
export const slugOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\w\s-]/g, "")
    .trim()
    .replace(/\s+/g, "-")

const PREFIX = "#/components/schemas/"

/** The schema behind a reference, and its name where it has one. */
export const namedSchema = (
  document: OpenApi,
  schema: Schema,
): { readonly name: string | null; readonly schema: Schema } => ({
  name: schema.$ref?.startsWith(PREFIX) === true ? schema.$ref.slice(PREFIX.length) : null,
  schema: resolve<Schema>(document, schema),
})

const alternativesOf = (schema: Schema): ReadonlyArray<Schema> =>
  schema.anyOf ?? schema.oneOf ?? schema.allOf ?? []

/** Whether a schema has members of its own. */
const hasFields = (document: OpenApi, schema: Schema): boolean => {
  const { schema: plain } = namedSchema(document, schema)
  return (
    Object.keys(plain.properties ?? {}).length > 0 ||
    alternativesOf(plain).some((one) => hasFields(document, one))
  )
}

/** More words than these in a list are told once, under the name that they have. */
const MANY_WORDS = 8

/** Whether a schema with a name is told under that name, instead of wherever it is used. */
export const isToldByName = (document: OpenApi, schema: Schema): boolean => {
  const { schema: plain } = namedSchema(document, schema)
  return hasFields(document, schema) || (plain.enum ?? []).length > MANY_WORDS
}

/** Every member, those of members included; a named object is a link to its own list. */
export const fieldsOf = (document: OpenApi, schema: Schema, above = ""): ReadonlyArray<Field> => {
  const { schema: plain } = namedSchema(document, schema)
  const own = Object.entries(plain.properties ?? {}).flatMap(([name, member]) => {
    const path = `${above}${name}`
    return [
      fieldOf(document, path, member, plain.required?.includes(name) === true),
      ...membersOf(document, path, member),
    ]
  })
  const rest = plain.additionalProperties
  const others =
    typeof rest === "object" && hasFields(document, rest) ? membersOf(document, `${above}<name>`, rest) : []
  // Inside of something else a name suffices.
  const isOwn = (one: Schema) => above === "" || one.$ref === undefined || !isToldByName(document, one)
  const alternatives = alternativesOf(plain)
    .filter(isOwn)
    .map((one) => fieldsOf(document, one, above))
  return merged(
    [...own, ...others],
    ...(plain.allOf === undefined ? [mergedChoice(alternatives)] : alternatives),
  )
}

/** What one of several objects has: required is only what each of them requires. */
const mergedChoice = (alternatives: ReadonlyArray<ReadonlyArray<Field>>): ReadonlyArray<Field> =>
  merged(...alternatives).map((field) => {
    const same = alternatives.map((fields) => fields.find(({ path }) => path === field.path))
    const types = new Set(same.flatMap((one) => (one === undefined ? [] : [one.type])))
    const isRequired = same.every((one) => one?.isRequired === true)
    return { ...field, type: [...types].join(" | "), isRequired }
  })

const merged = (...lists: ReadonlyArray<ReadonlyArray<Field>>): ReadonlyArray<Field> =>
  [
    ...new Map(
      lists
        .flat()
        .toReversed()
        .map((field) => [field.path, field]),
    ).values(),
  ].toReversed()

/** What stands inside a member that has no name of its own. */
const membersOf = (document: OpenApi, path: string, member: Schema): ReadonlyArray<Field> => {
  if (member.$ref !== undefined) return []
  const items = member.items === undefined ? [] : [member.items]
  return [
    ...items.flatMap((item) =>
      item.$ref === undefined ? fieldsOf(document, withoutItems(item), `${path}[].`) : [],
    ),
    ...alternativesOf(member).flatMap((one) => membersOf(document, path, one)),
    ...(member.properties !== undefined || typeof member.additionalProperties === "object"
      ? fieldsOf(document, { ...member, anyOf: [], oneOf: [], allOf: [] }, `${path}.`)
      : []),
  ]
}

const withoutItems = (schema: Schema): Schema => ({ ...schema, items: {} })

const fieldOf = (document: OpenApi, path: string, schema: Schema, isRequired: boolean): Field => ({
  path,
  type: typeOf(document, schema),
  isRequired,
  rules: rulesOf(document, schema),
  description: schema.description ?? namedSchema(document, schema).schema.description ?? "",
})

/** A type as people write it: `string`, `"text" | "json"`, `object[]`, a link to a named object. */
export const typeOf = (document: OpenApi, schema: Schema): string => {
  const { name, schema: plain } = namedSchema(document, schema)
  if (name !== null && isToldByName(document, schema)) return `[${name}](#${slugOf(name)})`
  if (plain["const"] !== undefined) return `\`${JSON.stringify(plain["const"])}\``
  if (plain.enum !== undefined) return plain.enum.map((value) => `\`${JSON.stringify(value)}\``).join(" | ")
  const alternatives = plain.allOf === undefined ? alternativesOf(plain) : []
  if (alternatives.length > 0)
    return [...new Set(alternatives.map((one) => typeOf(document, one)))].join(" | ")
  const types = typeof plain.type === "string" ? [plain.type] : (plain.type ?? ["any"])
  return types.map((type) => simpleType(document, type, plain)).join(" | ")
}

const simpleType = (document: OpenApi, type: string, schema: Schema): string => {
  if (type === "array") {
    const item = schema.items === undefined ? "any" : typeOf(document, schema.items)
    return item.includes(" ") ? `(${item})[]` : `${item}[]`
  }
  const rest = schema.additionalProperties
  return type === "object" && typeof rest === "object" && Object.keys(rest).length > 0
    ? `object of ${typeOf(document, rest)}`
    : type
}

/** Bounds as JSON Schema names them, with the unit that they count. */
const BOUNDS: ReadonlyArray<readonly [least: string, most: string, unit: string]> = [
  ["minLength", "maxLength", " characters"],
  ["minimum", "maximum", ""],
  ["minItems", "maxItems", " elements"],
  ["minProperties", "maxProperties", " members"],
]

const rulesOf = (document: OpenApi, schema: Schema): ReadonlyArray<string> => {
  const { schema: plain } = namedSchema(document, schema)
  const bounds = BOUNDS.flatMap(([least, most, unit]) => boundOf(plain[least], plain[most], unit))
  const above = plain["exclusiveMinimum"]
  return [
    ...bounds,
    ...(typeof above === "number" ? [`above ${above}`] : []),
    ...(typeof plain["format"] === "string" ? [`a ${plain["format"]}`] : []),
    // What is said in words need not be said in signs.
    ...(typeof plain["pattern"] === "string" && plain.description === undefined
      ? [`matching \`${plain["pattern"]}\``]
      : []),
    ...(plain["default"] === undefined ? [] : [`default \`${JSON.stringify(plain["default"])}\``]),
    ...alternativesOf(plain).flatMap((one) => (one.$ref === undefined ? rulesOf(document, one) : [])),
  ].filter((rule, at, all) => all.indexOf(rule) === at)
}

const boundOf = (least: unknown, most: unknown, unit: string): ReadonlyArray<string> => {
  const number = (value: unknown) => Number(value).toLocaleString("en-US")
  if (least !== undefined && most !== undefined)
    return [least === most ? `${number(least)}${unit}` : `${number(least)} to ${number(most)}${unit}`]
  if (least === 1 && unit !== "") return ["not empty"]
  if (least !== undefined) return [`at least ${number(least)}${unit}`]
  return most === undefined ? [] : [`at most ${number(most)}${unit}`]
}
