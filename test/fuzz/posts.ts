import { isUtf8 } from "node:buffer"
import { gzipSync } from "node:zlib"
import type { Dice } from "../simulation/effects.ts"
import { drawBody } from "./drawBody.ts"
import {
  commonViolations,
  compact,
  elementsOf,
  formatViolations,
  memberOf,
  namesTwice,
  refusedViolations,
  sentRows,
  showsKey,
  unsentViolations,
} from "./oracles.ts"
import { type Answer, API_KEY, ORIGIN, Product } from "./product.ts"
import { type Case, type Door, mutated, NASTY, type Outcome, type Target } from "./target.ts"

const parsed = (text: string): Record<string, unknown> | undefined => {
  try {
    return JSON.parse(text) as Record<string, unknown>
  } catch {
    return undefined
  }
}

/** The rows that a body holds, compact, in whichever way it may hold them. */
const rowsIn = (body: string): Array<string> => {
  const inputs = memberOf(compact(body), "inputs") ?? "[]"
  return elementsOf(inputs.startsWith('"') ? compact(JSON.parse(inputs) as string) : inputs)
}

const isSubsequence = (few: ReadonlyArray<string>, all: ReadonlyArray<string>): boolean => {
  let at = 0
  for (const one of all) if (one === few[at]) at++
  return at === few.length
}

/** What holds of an accepted POST: it was JSON, and what Parallel got are its rows, to the letter. */
export const acceptedViolations = (product: Product, body: string): Array<string> => {
  const object = parsed(body)
  if (object === undefined) return ["accepted, and JSON.parse does not take the body"]
  if (namesTwice(compact(body))) return ["accepted, and a name stands twice in one object"]
  const sent = sentRows(product.calls)
  const rows = rowsIn(body)
  if (!isSubsequence(sent, rows))
    return [
      `rows changed on their way: ${JSON.stringify(rows).slice(0, 400)} became ${JSON.stringify(sent).slice(0, 400)}`,
    ]
  const isPart = "limit" in object || "skip_empty" in object || object["dry_run"] === true
  return isPart || sent.length === rows.length ? [] : [`${sent.length} rows sent of ${rows.length}`]
}

/** What is left in tables and logs. */
const secretViolations = (product: Product): Array<string> => {
  const tables = [...product.hosts.values()].map((host) =>
    host.disk
      .exec("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\'", [])
      .map(([name]) => JSON.stringify(host.disk.exec(`SELECT * FROM "${String(name)}"`, [])))
      .join(),
  )
  return [
    ...(showsKey(tables.join()) ? ["a table holds the API key"] : []),
    ...(product.logs.some(showsKey) ? ["a log holds the API key"] : []),
  ]
}

/** Everything that is to be said of one POST, its group followed to its end where `follow` says so. */
const judge = async (
  product: Product,
  answer: Answer,
  body: string,
  follow: boolean,
): Promise<Array<string>> => {
  const found = commonViolations(answer)
  if (answer.status === 500) found.push(...product.logs.slice(-3))
  if (answer.status !== 200) {
    found.push(...refusedViolations(product, answer))
    if (parsed(body)?.["max_cost_usd"] === undefined) found.push(...unsentViolations(product.calls, answer))
    return found
  }
  found.push(...acceptedViolations(product, body))
  const location = answer.headers.get("location")
  const rows = sentRows(product.calls).length
  if (location !== null && follow) {
    if (!location.startsWith(`${ORIGIN}/`)) found.push(`the URL is ${location}`)
    if (await product.untilEnded(3))
      found.push(...(await formatViolations(product, location.slice(ORIGIN.length + 1), rows)))
    else found.push("the group does not end")
  }
  return [...found, ...secretViolations(product)]
}

const door = (product: Product, draw: Door["draw"], send: (sent: Case) => Promise<Outcome>): Door => ({
  draw,
  send: async (sent) => {
    try {
      return await send(sent)
    } finally {
      product.forget()
    }
  },
  close: () => product.close(),
})

/** What makes a key one that Parallel refuses, or an account without credit. */
const endingOf = (dice: Dice): string => dice.pick(["", "", "", "", "", "-invalid", "-nocredit"])

/** Bodies of the POST: right ones, spelled wildly, and damaged. */
export const bodies: Target = {
  name: "bodies",
  open: async () => {
    const product = new Product("bodies")
    return door(
      product,
      (dice) => {
        const { text, isRight } = drawBody(dice)
        const rest = {
          follow: dice.chance(0.3),
          ending: endingOf(dice),
          bytes: dice.chance(0.1) ? dice.whole(0, 0xff) : -1,
        }
        return dice.chance(0.5)
          ? { text, isRight: isRight && rest.bytes < 0 && rest.ending === "", ...rest }
          : { text: mutated(dice, text, [...NASTY, text]), ...rest }
      },
      async ({ text, isRight, isCut, follow, bytes, ending }) => {
        const body = new TextEncoder().encode(text)
        if (typeof bytes === "number" && bytes >= 0 && body.length > 0)
          body[bytes % body.length] = bytes | 0x80
        const answer = await product.post(body, { "x-api-key": `${API_KEY}${String(ending)}` })
        const violations = await judge(
          product,
          answer,
          new TextDecoder("utf-8", { ignoreBOM: true }).decode(body),
          follow === true,
        )
        if (answer.status === 200 && !isUtf8(body)) violations.push("accepted, and the bytes are no UTF-8")
        if (isRight === true && isCut !== true && answer.status !== 200)
          violations.push(`refused, and nothing is wrong with it: ${answer.text.slice(0, 300)}`)
        return { label: String(answer.status), violations }
      },
    )
  },
}

const VALID =
  '{"inputs":[{"company":"Stripe"},{"company":"Anthropic"}],"processor":"core","output_type":"text","output_description":"CEO"}'

const HEADERS: Readonly<Record<string, ReadonlyArray<string>>> = {
  "x-api-key": [API_KEY, "", "a", `${API_KEY} `, "ключ", "a b", "\u00a0", "x".repeat(9_000), "null", '"x"'],
  authorization: [`Bearer ${API_KEY}`, "Bearer ", "bearer x", "Basic eA==", "Bearer  x", "Bearer\tx"],
  "content-type": [
    "application/json",
    "application/json; charset=utf-8",
    "text/plain",
    "application/json; charset=utf-16",
    "application/vnd.x+json",
    "",
    "x",
    "application/json;charset=",
    "multipart/form-data; boundary=x",
    "application/x-www-form-urlencoded",
  ],
  "content-encoding": ["gzip", "deflate", "br", "identity", "gzip, gzip", "zstd", "x-gzip", "", ",", "GZIP"],
  "idempotency-key": ["a-key", "", "a b", "ключ", "x".repeat(255), "x".repeat(256), "a,b"],
  accept: [
    "application/json",
    "*/*",
    "text/html",
    "application/json;q=0",
    "text/plain, application/json",
    ";;;",
    "a/b/c",
  ],
  origin: ["null", "https://evil.test", ORIGIN, "x"],
  "sec-fetch-site": ["cross-site", "same-origin", "none"],
  "x-forwarded-host": ["evil.test"],
  "x-forwarded-proto": ["http"],
  "x-http-method-override": ["DELETE"],
  prefer: ["respond-async"],
  range: ["bytes=0-1"],
  expect: ["x"],
}

/** Headers as they can be sent: what the platform itself refuses is no case. */
const sendable = (pairs: ReadonlyArray<readonly [string, string]>): Headers | null => {
  try {
    return new Headers(pairs.map(([name, text]) => [name, text] as [string, string]))
  } catch {
    return null
  }
}

/** Headers of the POST, each alone and together. */
export const headers: Target = {
  name: "headers",
  open: async () => {
    const product = new Product("headers")
    return door(
      product,
      (dice) => {
        const pairs = Array.from({ length: dice.whole(1, 4) }, () => {
          const name = dice.pick(Object.keys(HEADERS))
          const text = dice.pick(HEADERS[name]!)
          return `${name}: ${dice.chance(0.3) ? mutated(dice, text) : text}`
        })
        return { text: pairs.join("\n"), withKey: dice.chance(0.8), zipped: dice.chance(0.3) }
      },
      async ({ text, withKey, zipped }) => {
        const lines = text
          .split("\n")
          .map((line) => [line.split(": ")[0]!, line.slice(line.indexOf(": ") + 2)] as const)
        const sent = sendable([
          ...(withKey === true && !text.includes("x-api-key") ? [["x-api-key", API_KEY] as const] : []),
          ...lines,
        ])
        if (sent === null) return { label: "not sendable", violations: [] }
        const answer = await product.post(zipped === true ? Uint8Array.from(gzipSync(VALID)) : VALID, sent)
        const violations = await judge(product, answer, VALID, false)
        if (answer.status === 200 && answer.headers.get("location")?.startsWith(`${ORIGIN}/`) !== true)
          violations.push("the URL follows a header")
        if (
          zipped !== true &&
          answer.status === 200 &&
          /gzip|deflate|br/i.test(sent.get("content-encoding") ?? "")
        )
          violations.push("plain text was taken for compressed")
        return { label: String(answer.status), violations }
      },
    )
  },
}

/** The same request twice under one key is one request; another one under it is a conflict. */
export const idempotency: Target = {
  name: "idempotency",
  open: async () => {
    const product = new Product("idempotency")
    return door(
      product,
      (dice) => {
        const body = dice.chance(0.5) ? VALID : drawBody(dice).text
        return {
          text: body,
          key: dice.chance(0.7) ? `key-${dice.whole(0, 9)}` : mutated(dice, "a-key"),
          other: dice.chance(0.5) ? `${body} ` : mutated(dice, body),
          json: dice.chance(0.5),
          ending: endingOf(dice),
        }
      },
      async ({ text, key, other, json, ending }) => {
        const more = sendable([
          ["x-api-key", `${API_KEY}${String(ending)}`],
          ["idempotency-key", String(key)],
          ["accept", json === true ? "application/json" : "*/*"],
        ])
        if (more === null) return { label: "not sendable", violations: [] }
        const first = await product.post(text, more)
        const violations = await judge(product, first, text, false)
        const label = String(first.status)
        if (first.status !== 200 || first.headers.get("location") === null) return { label, violations }
        const calls = product.calls.length
        const second = await product.post(text, more)
        if (second.status !== 200 || second.text !== first.text)
          violations.push(`repeated: ${second.status} ${second.text.slice(0, 100)}`)
        if (second.headers.get("idempotency-replayed") !== "true")
          violations.push("repeated, and not said so")
        if (product.calls.slice(calls).some(({ method }) => method === "POST"))
          violations.push("repeated, and sent again")
        if (other === text) return { label, violations }
        const third = await product.post(String(other), more)
        if (![400, 409, 413, 422].includes(third.status))
          violations.push(`another body under the same key: ${third.status}`)
        return { label: `${label}, then ${third.status}`, violations }
      },
    )
  },
}
