import { createHmac, randomBytes } from "node:crypto"

/**
 * Takes content out of what goes into a recording, and leaves its form: ids become other ids of the same look, always
 * the same one for the same id; texts become placeholders of the same length; JSON keeps its very spacing. What may
 * stay is named here; whatever is new or unexpected is replaced.
 */
export interface Redactor {
  /** JSON text, or any other text (which keeps its punctuation only). */
  body(text: string): string
  id(id: string): string
  /** Ids in a path or a query. */
  path(path: string): string
}

/** Where in an answer we are: Parallel's own envelope; a result or an input; metadata; all else. */
type Zone = "wire" | "content" | "metadata" | "counts" | "loose"

const ID_KEYS = new Set([
  "run_id",
  "interaction_id",
  "taskgroup_id",
  "event_id",
  "run_cursor",
  "event_cursor",
  "ref_id",
  "run_ids",
])

/** Texts that are part of the protocol, and what they look like. */
const KEPT_TEXT: Readonly<Record<string, RegExp>> = {
  type: /^[a-z0-9_.]{1,64}$/,
  status: /^[a-z_]{1,32}$/,
  processor: /^[a-z0-9-]{1,32}$/,
  confidence: /^(?:low|medium|high)$/,
  created_at: /^\d{4}-\d\d-\d\dT[\d:.+Z-]{1,30}$/,
  modified_at: /^\d{4}-\d\d-\d\dT[\d:.+Z-]{1,30}$/,
}

const WIRE_KEYS = new Set([
  "run",
  "status",
  "output",
  "error",
  "basis",
  "citations",
  "warnings",
  "inputs",
  "field",
  "num_task_runs",
  ...ID_KEYS,
  ...Object.keys(KEPT_TEXT),
])
const METADATA_KEYS = new Set(["input_index", "num_inputs", "product", "origin", "processor"])
const NAME = /^[A-Za-z_$][\w.$-]{0,63}$/

export const createRedactor = (options: {
  readonly secrets: ReadonlyArray<string>
  /** Property names of our own schemas, which may stay where content begins. */
  readonly ownKeys: ReadonlyArray<string>
  readonly salt?: string
}): Redactor => {
  const salt = options.salt ?? randomBytes(16).toString("hex")
  const own = new Set(options.ownKeys)
  const known = new Map<string, string>()
  const taken = new Set<string>()
  const secrets = options.secrets.filter((secret) => secret !== "")

  const id = (given: string): string => {
    const before = known.get(given)
    if (before !== undefined) return before
    let made = standIn(given, salt, 0)
    for (let turn = 1; taken.has(made) && turn < 100; turn++) made = standIn(given, salt, turn)
    known.set(given, made)
    taken.add(made)
    return made
  }

  const isSecret = (text: string) => secrets.some((secret) => text.includes(secret))
  const keep = (text: string, pattern: RegExp | undefined) =>
    pattern !== undefined && pattern.test(text) && !isSecret(text)

  const zoneOf = (zone: Zone, key: string, inInput: boolean): Zone => {
    if (zone !== "wire") return zone
    if (key === "content" || (key === "input" && inInput)) return "content"
    if (key === "metadata") return "metadata"
    if (key === "task_run_status_counts") return "counts"
    return key === "input" || WIRE_KEYS.has(key) ? "wire" : "loose"
  }

  const redactKey = (key: string, raw: string, zone: Zone): string => {
    const stays =
      zone === "content" ? own.has(key) : zone === "metadata" ? METADATA_KEYS.has(key) : NAME.test(key)
    return stays && !isSecret(key) ? raw : "x".repeat(raw.length)
  }

  const redactText = (text: string, raw: string, zone: Zone, key: string): string => {
    if (zone === "metadata") return key === "input_index" && /^\d{1,6}$/.test(text) ? raw : mask(raw)
    if (zone === "content" && key === "content" && text.startsWith("{")) {
      // JSON as text: it stays JSON.
      const inner = tryJson(text, "content")
      if (inner !== null) return JSON.stringify(inner).slice(1, -1)
    }
    if (zone !== "wire" && !ID_KEYS.has(key)) return mask(raw)
    if (zone !== "content" && ID_KEYS.has(key)) return JSON.stringify(id(text)).slice(1, -1)
    if (zone === "wire" && keep(text, KEPT_TEXT[key])) return raw
    if (zone === "wire" && key === "field" && (text === "output" || own.has(text.replace(/\.\d+$/, ""))))
      return raw
    return mask(raw)
  }

  const redactNumber = (raw: string, zone: Zone, key: string): string => {
    const stays =
      zone === "counts" ||
      (zone === "wire" && key === "num_task_runs") ||
      (zone === "metadata" && (key === "input_index" || key === "num_inputs")) ||
      (ID_KEYS.has(key) && zone === "wire" && raw.length <= SHORT)
    return stays ? raw : raw.replace(/\d/g, "1")
  }

  const tryJson = (text: string, zone: Zone): string | null => {
    const scanner = new Scanner(text)
    try {
      scanner.space()
      value(scanner, zone, zone === "content" ? "content" : "")
      scanner.space()
      return scanner.done() ? scanner.out.join("") : null
    } catch {
      return null
    }
  }

  const value = (scanner: Scanner, zone: Zone, key: string): void => {
    const next = scanner.peek()
    if (next === "{") return members(scanner, zone, key)
    if (next === "[") {
      scanner.copy(1)
      scanner.list("]", () => value(scanner, zone, key))
      return
    }
    if (next === '"') {
      const { raw, text } = scanner.string()
      scanner.put(redactText(text, raw, zone, key))
      return
    }
    const token = scanner.literal()
    scanner.out.push(/^[-\d]/.test(token) ? redactNumber(token, zone, key) : token)
  }

  const members = (scanner: Scanner, zone: Zone, parent: string): void => {
    scanner.copy(1)
    scanner.list("}", () => {
      const { raw, text } = scanner.string()
      scanner.put(redactKey(text, raw, zone))
      scanner.space()
      scanner.expect(":")
      scanner.space()
      const inInput = parent === "input" || parent === "inputs"
      value(scanner, zoneOf(zone, text, inInput), text)
    })
  }

  return {
    id,
    body: (text) => tryJson(text, "wire") ?? maskAll(text),
    path: (path) =>
      path
        .split("/")
        .map((part) =>
          /^(?:|v1|v1beta|tasks|groups|runs|events|result|input)$/.test(part) ? part : id(part),
        )
        .join("/"),
  }
}

/** Texts of JSON as they stand between their quotes: escapes go, too, so that nothing can be read from them. */
const mask = (raw: string): string => "x".repeat(raw.length)
/** Something that is no JSON: letters and digits of any script go, the rest shows its form. */
const maskAll = (text: string): string => text.replace(/[\p{L}\p{N}\p{M}]|[^\p{ASCII}]/gu, "x")

/** A number this short counts something; a longer one may say when, or whose. */
const SHORT = 9

/** Another id of the same look: same length, prefix and kinds of characters. */
const standIn = (id: string, salt: string, turn: number): string => {
  if (new RegExp(`^\\d{0,${SHORT}}$`).test(id)) return id
  const prefix = /^(?:trun_|tgrp_)/.exec(id)?.[0] ?? ""
  const tail = id.slice(prefix.length)
  const hex = /^[0-9a-f-]+$/.test(tail)
  let stream = ""
  for (let block = 0; stream.length < tail.length * 2; block++)
    stream += createHmac("sha256", salt).update(`${turn}/${block}/${id}`).digest("hex")
  const draw = (at: number) => Number.parseInt(stream.slice(at * 2, at * 2 + 2), 16)
  const made = Array.from(tail, (char, at) => {
    const n = draw(at)
    if (hex && /[0-9a-f]/.test(char)) return (n % 16).toString(16)
    if (/\d/.test(char)) return String(n % 10)
    if (/[a-z]/.test(char)) return String.fromCharCode(97 + (n % 26))
    if (/[A-Z]/.test(char)) return String.fromCharCode(65 + (n % 26))
    return /[\p{ASCII}]/u.test(char) ? char : "x"
  })
  return prefix + made.join("")
}

/** Walks over JSON text and writes it out again, token by token. Throws where the text is no JSON. */
class Scanner {
  readonly out: string[] = []
  readonly #text: string
  #at = 0
  constructor(text: string) {
    this.#text = text
  }

  done(): boolean {
    return this.#at === this.#text.length
  }

  peek(): string {
    return this.#text[this.#at] ?? ""
  }

  copy(length: number): void {
    this.out.push(this.#text.slice(this.#at, this.#at + length))
    this.#at += length
  }

  /** Writes a string whose inside has been replaced. */
  put(inside: string): void {
    this.out.push(`"${inside}"`)
  }

  space(): void {
    const length = this.#match(/[ \t\r\n]*/y).length
    if (length > 0) this.copy(length)
  }

  expect(char: string): void {
    if (this.peek() !== char) throw new Error("no JSON")
    this.copy(1)
  }

  string(): { readonly raw: string; readonly text: string } {
    const token = this.#match(/"(?:[^"\\\u0000-\u001f]|\\.)*"/y)
    if (token === "") throw new Error("no JSON")
    this.#at += token.length
    return { raw: token.slice(1, -1), text: JSON.parse(token) as string }
  }

  literal(): string {
    const token = this.#match(/true|false|null|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/y)
    if (token === "") throw new Error("no JSON")
    this.#at += token.length
    return token
  }

  list(close: string, item: () => void): void {
    this.space()
    if (this.peek() === close) return this.copy(1)
    for (;;) {
      item()
      this.space()
      if (this.peek() === close) return this.copy(1)
      this.expect(",")
      this.space()
    }
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at
    return pattern.exec(this.#text)?.[0] ?? ""
  }
}
