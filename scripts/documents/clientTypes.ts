import { openApiDocument } from "../../src/api/openApi.ts"
import type { Schema } from "./description.ts"

export const CLIENT_TYPES = "src/client/types.ts"

/** What a client sends and gets, by the contract's names, in the order of a job. */
const ROOTS = [
  "MultitaskRequest",
  "AddInputsRequest",
  "RetryRequest",
  "Plan",
  "Created",
  "TaskGroupResult",
  "ResultLine",
  "InputsAdded",
  "RowsRetried",
  "Stopped",
  "Resumed",
  "Deleted",
  "TaskGroupStatusEvent",
  "TaskRunStateEvent",
  "DoneEvent",
  "Problem",
]

/** As programs know them. */
const NAMES: Readonly<Record<string, string>> = {
  MultitaskRequest: "TaskGroupInput",
  AddInputsRequest: "AddInputs",
  RetryRequest: "Retry",
  TaskGroupResult: "TaskGroupResultOutput",
}

const HEAD = `/**
 * What is sent to the API and what it answers. Made of its contract (src/api) by \`npm run pages\`: change that, not this.
 * What is sent has no other fields. Answers may have more, which their types do not name, so that a mistyped one is seen.
 */
`

const WIDTH = 110
const PREFIX = "#/components/schemas/"

type Schemas = Readonly<Record<string, Schema>>

/** The contract's types for programs: they import nothing. */
export const makeClientTypes = (): string => {
  const schemas = openApiDocument().components.schemas as unknown as Schemas
  return [HEAD, ...withReferences(schemas).map((name) => declaration(schemas, name))].join("\n")
}

/** The roots, each followed by what it refers to. */
const withReferences = (schemas: Schemas): ReadonlyArray<string> => {
  const found = new Set<string>()
  const add = (name: string) => {
    if (found.has(name)) return
    if (isNamed(schemas[name]!)) found.add(name)
    for (const [, next = ""] of JSON.stringify(schemas[name]).matchAll(/"#\/components\/schemas\/(\w+)"/g))
      add(next)
  }
  ROOTS.forEach(add)
  return [...found]
}

/** A text with a pattern is text. */
const isNamed = ({ type, enum: words }: Schema) => type === "object" || words !== undefined

const declaration = (schemas: Schemas, name: string): string => {
  const schema = schemas[name]!
  const shown = NAMES[name] ?? name
  const isInterface = Object.keys(schema.properties ?? {}).length > 0
  return isInterface
    ? `${comment(schema.description, "")}export interface ${shown} ${block(schemas, schema, "")}\n`
    : `${comment(schema.description, "")}${aligned(`export type ${shown} =`, typeOf(schemas, schema, ""), "")}\n`
}

/**
 * An object's members. What may be left out of a request may also be undefined, or null as in a plan's answer: programs
 * fill it in that way, and both count as absent.
 */
const block = (schemas: Schemas, schema: Schema, indent: string): string => {
  const inner = `${indent}  `
  const isRequest = schema.additionalProperties === false
  const members = Object.entries(schema.properties ?? {}).map(([name, member]) => {
    const isRequired = schema.required?.includes(name) === true
    // Beside ours there is what the group was created with.
    const isShared = name === "metadata" && member.properties !== undefined
    const whole = isShared ? { ...member, additionalProperties: true } : member
    const type = typeOf(schemas, whole, inner, isRequest)
    const known = member.$ref === undefined ? member : referred(schemas, member.$ref)
    const text = member.description ?? (isNamed(known) ? undefined : known.description)
    return (
      comment(text, inner) +
      aligned(
        `${inner}readonly ${name}${isRequired ? "" : "?"}:`,
        isRequest && !isRequired ? `${type} | null | undefined` : type,
        inner,
      )
    )
  })
  const others = schema.additionalProperties === true ? [`${inner}readonly [column: string]: unknown`] : []
  return `{\n${[...members, ...others].join("\n")}\n${indent}}`
}

const referred = (schemas: Schemas, reference: string): Schema => schemas[reference.slice(PREFIX.length)]!

/** A type as TypeScript writes it. Objects of whatever a program has are taken: with an index, or an interface. */
const typeOf = (schemas: Schemas, schema: Schema, indent: string, isRequest = false): string => {
  const { $ref, enum: words, anyOf, type, items, properties, additionalProperties: rest } = schema
  const inner = (one: Schema) => typeOf(schemas, one, indent, isRequest)
  if ($ref !== undefined) {
    const target = referred(schemas, $ref)
    const name = $ref.slice(PREFIX.length)
    if (!isNamed(target)) return inner(target)
    if (isRequest && isOfAnything(target)) return "object"
    const shown = NAMES[name] ?? name
    // A plan answers its processor as text.
    return isRequest && target.enum !== undefined ? `${shown} | (string & {})` : shown
  }
  if (words !== undefined) return words.map((word) => JSON.stringify(word)).join(" | ")
  if (anyOf !== undefined) return anyOf.map(inner).join(" | ")
  if (type === "array") return `ReadonlyArray<${items === undefined ? "unknown" : inner(items)}>`
  if (type !== "object") return SIMPLE[String(type)] ?? "unknown"
  if (properties !== undefined) return block(schemas, schema, indent)
  return `Readonly<Record<string, ${typeof rest === "object" ? inner(rest) : "unknown"}>>`
}

const SIMPLE: Readonly<Record<string, string>> = {
  string: "string",
  integer: "number",
  number: "number",
  boolean: "boolean",
  null: "null",
}

const isOfAnything = ({ properties, additionalProperties }: Schema) =>
  properties === undefined && additionalProperties === true

/** In one line, or where that is too long a choice with a line for each part, as the formatter writes it. */
const aligned = (start: string, type: string, indent: string): string =>
  `${start} ${type}`.length <= WIDTH || type.includes("\n")
    ? `${start} ${type}`
    : `${start}\n${type
        .split(" | ")
        .map((part) => `${indent}  | ${part}`)
        .join("\n")}`

const comment = (text: string | undefined, indent: string): string => {
  if (text === undefined) return ""
  const line = `${indent}/** ${text} */`
  if (line.length <= WIDTH) return `${line}\n`
  return `${indent}/**\n${wrapped(text, WIDTH - indent.length - 3)
    .map((part) => `${indent} * ${part}\n`)
    .join("")}${indent} */\n`
}

const wrapped = (text: string, width: number): ReadonlyArray<string> =>
  text.split(" ").reduce<ReadonlyArray<string>>((lines, word) => {
    const last = lines.at(-1)
    return last !== undefined && `${last} ${word}`.length <= width
      ? [...lines.slice(0, -1), `${last} ${word}`]
      : [...lines, word]
  }, [])
