import type * as Cause from "effect/Cause"

/**
 * What may be logged of a failure. An error's message is written by whoever throws: it may quote a key, a URL with its
 * query, or a row (`JSON.parse` quotes what it could not read). So messages are withheld, but for those of the engine
 * and the platform that are known to quote nothing. Where it was thrown is told by the frames, and what stands there
 * by the code.
 */
export interface FailureReport {
  /** Whether it was expected somewhere (`Fail`), a defect (`Die`), or the end of a fiber (`Interrupt`). */
  readonly kind: "Fail" | "Die" | "Interrupt"
  /** The error's name or tag. */
  readonly name: string
  readonly message: string
  /** Where it was thrown, the innermost first: `function (room/file.ts:line:column)`. */
  readonly frames: ReadonlyArray<string>
  /** Names of the errors that it was made from. */
  readonly causedBy: ReadonlyArray<string>
}

/** One line of the log: a plain object of JSON. `about` is ours: a route, a group's id, a reference. */
export const failureLine = (
  message: string,
  cause: Cause.Cause<unknown>,
  about: Readonly<Record<string, unknown>> = {},
) => ({ level: "error", message, ...about, failures: failureReports(cause) })

export const failureReports = (cause: Cause.Cause<unknown>): ReadonlyArray<FailureReport> =>
  cause.reasons.map((reason) => {
    if (reason._tag === "Interrupt")
      return { kind: "Interrupt", name: "Interrupt", message: "", frames: [], causedBy: [] }
    const error = reason._tag === "Die" ? reason.defect : reason.error
    return {
      kind: reason._tag,
      name: nameOf(error),
      message: messageOf(error),
      frames: framesOf(error),
      causedBy: causesOf(error).map((one) => `${nameOf(one)}: ${messageOf(one)}`),
    }
  })

const MAX_FRAMES = 12
const MAX_CAUSES = 3

/** Messages of the JavaScript engine, of workerd and of SQLite that quote code, codes and references, but no values. */
const KNOWN_MESSAGES: ReadonlyArray<RegExp> = [
  /^Cannot (?:read|set) properties of (?:undefined|null)/,
  /^[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)* is not (?:a function|a constructor|defined)$/,
  /^Maximum call stack size exceeded/,
  /^Invalid (?:array|string) length/,
  /^The operation was aborted/,
  /^Network connection lost/,
  /^Too many subrequests/,
  /^Durable Object (?:reset|storage|has|is|was)[a-z ,'-]*/,
  /^Durable Object's isolate exceeded its memory limit/,
  /^Cannot perform I\/O on behalf of a different (?:request|Durable Object)/,
  /^internal error(?:; reference = [a-z0-9]{1,40})?/,
  /\bSQLITE_[A-Z_]+/,
  /^Wrong configuration$/,
]

const messageOf = (error: unknown): string => {
  const text = textOf(error, "message") ?? (typeof error === "string" ? error : null)
  if (text === null) return "none"
  for (const known of KNOWN_MESSAGES) {
    const match = known.exec(text)
    if (match !== null) return match[0]
  }
  return `withheld (${text.length} characters)`
}

const nameOf = (error: unknown): string => {
  const name = textOf(error, "_tag") ?? textOf(error, "name")
  return name !== null && /^[A-Za-z_$][\w$]{0,63}$/.test(name) ? name : typeof error
}

/** Frames stand below the message, which may look like one itself. */
const framesOf = (error: unknown): ReadonlyArray<string> => {
  const stack = textOf(error, "stack")
  const message = textOf(error, "message")
  if (stack === null || message === null) return []
  const at = stack.indexOf(message)
  if (at < 0) return []
  return stack
    .slice(at + message.length)
    .split("\n")
    .flatMap((line) => frameOf(line) ?? [])
    .slice(0, MAX_FRAMES)
}

const frameOf = (line: string): string | null => {
  const [, name = "", address = "", place = ""] =
    /^\s+at (?:(.{1,200}?) \()?([^\s()]{1,1000}?)(:\d+:\d+)\)?$/.exec(line) ?? []
  if (place === "") return null
  const file = address
    .replace(/[?#].*$/, "")
    .split("/")
    .slice(-3)
    .join("/")
  return /^[\w$.<>[\]# ]+$/.test(name) ? `${name} (${file}${place})` : `${file}${place}`
}

const causesOf = (error: unknown): ReadonlyArray<unknown> => {
  const causes: Array<unknown> = []
  for (let one = propertyOf(error, "cause"); one !== undefined; one = propertyOf(one, "cause")) {
    if (causes.length === MAX_CAUSES || causes.includes(one)) break
    causes.push(one)
  }
  return causes
}

const textOf = (error: unknown, property: string): string | null => {
  const text = propertyOf(error, property)
  return typeof text === "string" ? text : null
}

/** Anything may be thrown, also what throws when it is looked at. */
const propertyOf = (error: unknown, property: string): unknown => {
  if (typeof error !== "object" || error === null) return undefined
  try {
    return (error as Record<string, unknown>)[property]
  } catch {
    return undefined
  }
}
