import { commonViolations, formatViolations } from "./oracles.ts"
import { ORIGIN, Product } from "./product.ts"
import { type Door, mutated, type Target } from "./target.ts"

const ROWS = [
  { company: "Stripe", note: "a|b\n<i>`*_~[x](y)" },
  { company: "=1+1", note: "\u2028\u0085\u0007" },
  { company: "日本 🦄", note: null },
]

/** A product with one group that has ended. */
const withGroup = async (seed: string): Promise<{ product: Product; id: string }> => {
  const product = new Product(seed)
  const body = JSON.stringify({
    inputs: ROWS,
    processor: "core",
    output_type: "json",
    output_schema: {
      type: "object",
      properties: { ceo: { type: "string" } },
      required: ["ceo"],
      additionalProperties: false,
    },
  })
  const answer = await product.post(body)
  if (answer.status !== 200 || !(await product.untilEnded(1)))
    throw new Error(`no group: ${answer.status} ${answer.text}`)
  const id = answer.text.slice(ORIGIN.length + 1)
  const wrong = await formatViolations(product, id, ROWS.length)
  if (wrong.length > 0) throw new Error(wrong.join("; "))
  return { product, id }
}

const EXTENSIONS = [
  "",
  ".json",
  ".jsonl",
  ".md",
  ".csv",
  ".html",
  ".sse",
  ".db",
  ".JSON",
  ".xml",
  ".",
  ".json.md",
  "/",
  "/0",
  "/1.json",
  "/2.md",
  "/0.html",
  "/99",
  "/-1",
  "/0.sse",
  "/x",
  "//",
  "/0/1",
]
const PARAMETERS = [
  "status=completed",
  "status=failed,queued",
  "status=x",
  "limit=1",
  "limit=0",
  "limit=-1",
  "limit=1e3",
  "limit=99999999999999999999",
  "after=0",
  "after=x",
  "after=-1",
  "basis=all",
  "basis=none",
  "basis=field:ceo",
  "basis=field:",
  "basis=field:__proto__",
  "basis=x",
  "bom=0",
  "bom=x",
  "last_event_id=3",
  "lastEventId=99999999999999999999",
  "last_event_id=-1",
  "page=console",
  "page=x",
  "utm_source=x",
  "index=1",
  "input_index=1",
  "input_index=x",
  "=",
  "&&",
  "status",
  "%",
  "limit=%00",
  "row=1",
]
const FIXED = [
  "/",
  "/callback",
  "/v1beta/tasks/multitask",
  "/mcp",
  "/openapi.json",
  "/docs",
  "/.well-known/x",
  "/assets/x",
  "/v1",
  "/json",
  "/robots.txt",
]
const METHODS = [
  "GET",
  "GET",
  "GET",
  "GET",
  "HEAD",
  "OPTIONS",
  "POST",
  "PUT",
  "DELETE",
  "PATCH",
  "PROPFIND",
  "get",
]

/** Whether a body is what its type says. */
const bodyViolations = (type: string, text: string): Array<string> => {
  try {
    if (type.startsWith("application/json;")) JSON.parse(text)
    if (type.startsWith("application/jsonl"))
      for (const line of text.split("\n").filter(Boolean)) JSON.parse(line)
  } catch (error) {
    return [`${type}: ${String(error)}`]
  }
  return []
}

/** Addresses, queries and methods. What is not there leaves nothing stored. */
export const paths: Target = {
  name: "paths",
  open: async (): Promise<Door> => {
    const { product, id } = await withGroup("paths")
    const unknown = "tgrp_00000000000000000000000000000000"
    return {
      draw: (dice) => {
        const stem = dice.pick<() => string>([
          () => `/${id}`,
          () => `/${id}`,
          () => `/${unknown}`,
          () => `/${"a".repeat(dice.whole(1, 200))}`,
          () => `/${mutated(dice, id)}`,
        ])()
        const path = dice.chance(0.15) ? dice.pick(FIXED) : stem + dice.pick(EXTENSIONS)
        const query = Array.from({ length: dice.whole(0, 3) }, () => dice.pick(PARAMETERS)).join("&")
        const address = query === "" ? path : `${path}?${query}`
        return {
          text: dice.chance(0.4) ? mutated(dice, address) : address,
          method: dice.pick(METHODS),
          accept: dice.pick(["*/*", "text/html", "application/json", "text/csv"]),
        }
      },
      send: async ({ text, method, accept }) => {
        const before = product.hosts.get(id)!.disk.dump()
        let request: Request
        try {
          request = new Request(`${ORIGIN}${text.startsWith("/") ? "" : "/"}${text}`, {
            method: String(method),
            headers: { accept: String(accept) },
          })
        } catch {
          return { label: "not sendable", violations: [] }
        }
        if (new URL(request.url).origin !== ORIGIN) return { label: "elsewhere", violations: [] }
        const calls = product.calls.length
        const answer = await product.ask(request)
        const violations = commonViolations(answer, request.method === "HEAD")
        // The platform itself drops an error's body.
        if (request.method === "HEAD" && answer.status < 400 && answer.text !== "")
          violations.push("HEAD with a body")
        if (answer.status === 200 && request.method === "GET")
          violations.push(...bodyViolations(answer.headers.get("content-type") ?? "", answer.text))
        if (product.calls.length > calls) violations.push("a read sent something to Parallel")
        if (product.hosts.get(id)!.disk.dump() !== before) violations.push("a read changed the group")
        for (const [name, host] of product.hosts) {
          if (name === id) continue
          if (!host.disk.isEmpty()) violations.push(`looking for ${name.slice(0, 40)} left something stored`)
          host.retire()
          product.hosts.delete(name)
        }
        return { label: String(answer.status), violations }
      },
      close: () => product.close(),
    }
  },
}

const TYPES = [
  "application/json",
  "text/html",
  "text/markdown",
  "text/plain",
  "text/event-stream",
  "application/jsonl",
  "application/x-ndjson",
  "application/ndjson",
  "text/csv",
  "application/csv",
]
const RANGES = [...TYPES, "*/*", "text/*", "application/*", "image/png", "image/*"]

/** What a type weighs in a well-formed list, as RFC 9110 has it: the most specific range says. */
const weightOf = (type: string, ranges: ReadonlyArray<readonly [string, number]>): number => {
  for (const range of [type, `${type.split("/")[0]}/*`, "*/*"]) {
    const weights = ranges.filter(([name]) => name === range).map(([, weight]) => weight)
    if (weights.length > 0) return Math.max(...weights)
  }
  return 0
}

/** Content negotiation: well-formed headers against the RFC's rule, damaged ones against "no exception". */
export const accept: Target = {
  name: "accept",
  open: async (): Promise<Door> => {
    const { product, id } = await withGroup("accept")
    return {
      draw: (dice) => {
        const ranges = Array.from(
          { length: dice.whole(1, 6) },
          () => [dice.pick(RANGES), dice.pick([1, 1, 0, 0.5, 0.001, 0.9])] as const,
        )
        const text = ranges
          .map(([name, weight]) => (weight === 1 && dice.chance(0.5) ? name : `${name};q=${weight}`))
          .join(dice.pick([",", ", ", " , "]))
        return dice.chance(0.6)
          ? { text, ranges }
          : {
              text: dice.chance(0.1)
                ? dice.pick([",", ";", '"', "a/", "*", "\\"]).repeat(dice.whole(1, 30_000))
                : mutated(dice, text),
              ranges: null,
            }
      },
      send: async ({ text, ranges, isCut }) => {
        let request: Request
        try {
          request = new Request(`${ORIGIN}/${id}`, { headers: { accept: text } })
        } catch {
          return { label: "not sendable", violations: [] }
        }
        const answer = await product.ask(request)
        const violations = commonViolations(answer)
        if (![200, 406].includes(answer.status)) violations.push(`status ${answer.status}`)
        const given = ranges as ReadonlyArray<readonly [string, number]> | null
        if (given !== null && isCut !== true) {
          // A wildcard never means a download.
          const offered = TYPES.filter(
            (type) => !/jsonl|ndjson|csv/.test(type) || given.some(([name]) => name === type),
          )
          const best = Math.max(...offered.map((type) => weightOf(type, given)))
          const [type = ""] = (answer.headers.get("content-type") ?? "").split(";")
          // Markdown answers to two names, as JSON Lines and CSV do to theirs.
          const same = offered.filter(
            (name) =>
              name === type ||
              (/markdown|plain/.test(name) && /markdown|plain/.test(type)) ||
              (/jsonl|ndjson/.test(name) && /jsonl|ndjson/.test(type)) ||
              (name.endsWith("csv") && type.endsWith("csv")),
          )
          const got = Math.max(...same.map((name) => weightOf(name, given)))
          if (best === 0 && answer.status !== 406)
            violations.push(`nothing fits, and the answer is ${answer.status}`)
          if (best > 0 && (answer.status !== 200 || got !== best))
            violations.push(`${answer.status} ${type} of weight ${got}, where ${best} was to be had`)
        }
        return {
          label:
            answer.status === 200
              ? (answer.headers.get("content-type") ?? "").split(";")[0]!
              : String(answer.status),
          violations,
        }
      },
      close: () => product.close(),
    }
  },
}
