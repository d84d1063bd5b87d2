import { createHash, randomBytes } from "node:crypto"
import { isObject, parseJson } from "./json.ts"
import { LOOKS, SHAPES } from "./shapes.ts"

const NOTHING = /(?!)/

export type Redactor = ReturnType<typeof createRedactor>

/**
 * Takes content out of what goes into a recording and leaves its form: ids become other ids of the same look, always
 * the same one for the same id; texts become `x` of the same length, numbers 1, booleans false. What may stay is named
 * in `SHAPES`, must look as it should, and has no key in it; whatever else there is, known or new, is replaced.
 * `ownKeys`: names of our own schemas, which may stay where content begins.
 */
export const createRedactor = (keys: ReadonlyArray<string>, ownKeys: ReadonlyArray<string>) => {
  const salt = randomBytes(16).toString("hex")
  const own = new RegExp(`^(?:${ownKeys.join("|")})$`)
  const field = new RegExp(`^(?:output|${ownKeys.join("|")})(?:\\.\\d{1,6})?$`)
  const secrets = keys.filter((key) => key !== "")
  const standIns = new Map<string, string>()

  const id = (given: string): string => {
    let made = standIns.get(given) ?? standIn(given, salt)
    const others = standIns.has(given) ? [] : [...standIns.values()]
    for (let turn = 1; others.includes(made) && turn < 100; turn++) made = standIn(given, salt + turn)
    standIns.set(given, made)
    return made
  }

  const stays = (text: string, look = NOTHING): boolean =>
    look.test(text) && !secrets.some((secret) => text.includes(secret))

  /** Which names may stay in an object, beside those it is known to have. */
  const names: typeof LOOKS = { "+content": own, "+counts": LOOKS["word"]!, "+metadata": NOTHING }
  const namesOf = (shape: string) => names[shape] ?? (SHAPES.has(shape) ? LOOKS["name"] : NOTHING)

  const redact = (value: unknown, rule: string): unknown => {
    if (Array.isArray(value)) return value.map((item) => redact(item, rule))
    if (isObject(value)) {
      const others = rule === "+content" ? rule : rule === "+counts" ? "number" : ""
      const entries = Object.entries(value).map(([name, inner], at) => {
        const known = SHAPES.get(rule)?.get(name)
        const isKept = stays(name, known === undefined ? namesOf(rule) : LOOKS["name"])
        return [isKept ? name : `x${at}`, redact(inner, known?.rule ?? others)]
      })
      return Object.fromEntries(entries) as unknown
    }
    if (value === null || stays(String(value), rule === "field" ? field : LOOKS[rule])) return value
    if (typeof value !== "string") return typeof value === "number" ? 1 : false
    if (rule === "id") return id(value)
    // Content that is JSON as text stays JSON as text.
    const inner = rule === "+content" ? parseJson(value) : undefined
    return isObject(inner) ? JSON.stringify(redact(inner, rule)) : "x".repeat(value.length)
  }

  /** JSON, or any other text, which keeps its punctuation only. */
  const body = (text: string): string => {
    const json = parseJson(text)
    if (!isObject(json)) return mask(text)
    // Over as many lines as JSON is when it is over lines at all.
    return JSON.stringify(redact(json, "run_id" in json ? "run" : "+any"), null, text.includes("\n") ? 1 : 0)
  }

  const line = (name: string, value: string): string => {
    const look = name === "" ? COMMENT : LOOKS[name === "event" ? "word" : "number"]
    return name === "id" ? id(value) : stays(value, look) ? value : mask(value)
  }

  /** The data of an event is one text, wherever its lines are cut; it stands where it began. */
  const event = (text: string): string => {
    const data = [...text.matchAll(LINE)].filter(([line]) => line.startsWith("data:"))
    let parts = body(data.map(([, , rest]) => rest).join("\n")).split("\n")
    return text.replace(LINE, (_, start: string, rest: string, end: string) => {
      const [name = ""] = start.split(":")
      if (name !== "data") return start + line(name, rest) + end
      const lines = parts.map((part) => start + part + end)
      parts = []
      return lines.join("")
    })
  }

  return {
    id,
    body,
    /** Whole events of a stream: fields and line ends stay. */
    events: (text: string): string => Array.from(text.split(/(?<=\n\r?\n|\r\r)/), event).join(""),
    path: (path: string): string =>
      path.replace(/[^/]+/g, (part) => (PATH_WORD.test(part) ? part : id(part))),
    /** Headers or parameters: those that have a rule, and look as it says. */
    pick: (entries: Iterable<readonly [string, string]>, shape: string): Record<string, string> => {
      const picked = [...entries].flatMap(([name, value]): Array<readonly [string, string]> => {
        const rule = SHAPES.get(shape)?.get(name)?.rule ?? ""
        return rule === "id" ? [[name, id(value)]] : stays(value, LOOKS[rule]) ? [[name, value]] : []
      })
      return Object.fromEntries(picked)
    },
  }
}

const LINE = /((?:(?:data|event|id|retry): ?)?)([^\r\n]*)(\r\n|\r|\n|$)/g
const COMMENT = /^(?::\s?(?:keep-?alive|ping|heartbeat)?\s*)?$/i
const PATH_WORD = /^(?:v1|v1beta|tasks|groups|runs|events|result|input)$/

/** Something that is no JSON: its punctuation shows its form. */
const mask = (text: string): string => text.replace(/[^!-/:-@[-`{-~\s]/g, "x")

/**
 * Another id of the same look: same length, prefix and kinds of characters. A short number counts, it names nobody; of a
 * long one, the order among others stays.
 */
export const standIn = (id: string, salt: string): string => {
  const prefix = /^(?:trun_|tgrp_)/.exec(id)?.[0] ?? ""
  const tail = id.slice(prefix.length)
  const isNumber = /^\d+$/.test(id)
  const hash = createHash("shake256", { outputLength: tail.length })
  const draws = hash.update(isNumber ? salt : `${salt}/${id}`).digest()
  if (isNumber) return tail.length < 10 ? id : String(BigInt(id) + BigInt(draws.readUIntBE(0, 5)))
  const digits = /^[0-9a-f-]+$/.test(tail) ? "0123456789abcdef" : "0123456789"
  const swap = (char: string, at: number) => {
    const kind = [digits, LETTERS, LETTERS.toUpperCase()].find((letters) => letters.includes(char))
    return kind === undefined ? mask(char) : kind.charAt((draws[at] ?? 0) % kind.length)
  }
  return prefix + tail.split("").map(swap).join("")
}

const LETTERS = "abcdefghijklmnopqrstuvwxyz"
