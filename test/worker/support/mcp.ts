import { expect } from "vitest"
import { askFront } from "./context.ts"
import { ORIGIN, send } from "./product.ts"
import type { Upstream } from "./upstream.ts"

/** `/mcp` as its clients ask it, without a client in between. */

export const MODERN = "2026-07-28"

/** What clients of the newest revision say with every request. */
export const envelope = (version = MODERN) => ({
  "io.modelcontextprotocol/protocolVersion": version,
  "io.modelcontextprotocol/clientCapabilities": {},
  "io.modelcontextprotocol/clientInfo": { name: "test", version: "1" },
})

export const USUAL_HEADERS = {
  "content-type": "application/json",
  accept: "application/json, text/event-stream",
} as const

type Sending = typeof send

/** A message, or any other text, with the headers that every client sends. */
export const postMcp = (
  body: unknown,
  headers: Readonly<Record<string, string>>,
  sending: Sending = send,
): Promise<Response> =>
  sending("/mcp", {
    method: "POST",
    headers: { ...USUAL_HEADERS, ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  })

export interface RpcAnswer {
  readonly id?: unknown
  readonly result?: any
  readonly error?: { readonly code: number; readonly message: string; readonly data?: any }
}

/** The one message of an answer, which comes as JSON or as the one event of a stream. */
export const rpcIn = async (response: Response): Promise<RpcAnswer> => {
  const text = await response.text()
  if (response.headers.get("content-type")?.startsWith("text/event-stream") !== true)
    return JSON.parse(text) as RpcAnswer
  const [, json] = /^event: message\ndata: (.*)\n\n$/.exec(text) ?? []
  if (json === undefined) throw new Error(`not one event: ${text}`)
  return JSON.parse(json) as RpcAnswer
}

export interface CallAnswer {
  /** The first text; null when nothing but an HTTP error came. */
  readonly text: string
  /** What follows it: what to do next. */
  readonly next: string
  readonly isError: boolean
  readonly structured: any
  readonly response: Response
}

interface CallOptions {
  readonly key?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly sending?: Sending
}

const message = (tool: string, args: unknown, meta: string): string =>
  `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":${JSON.stringify(tool)},"arguments":${typeof args === "string" ? args : JSON.stringify(args)}${meta}}}`

/** Calls a tool; arguments that are text are sent to the letter. */
export const sendCall = (upstream: Upstream, tool: string, args: unknown, options: CallOptions = {}) =>
  postMcp(
    message(tool, args, ""),
    { "x-api-key": options.key ?? upstream.key, ...options.headers },
    options.sending,
  )

/** Its answer, as clients read it: what is structured is also the text, as JSON. */
export const callTool = async (...sent: Parameters<typeof sendCall>): Promise<CallAnswer> => {
  const response = await sendCall(...sent)
  const { result, error } = await rpcIn(response.clone())
  if (response.status !== 200 || error !== undefined)
    throw new Error(`${sent[1]}: ${response.status} ${JSON.stringify(error ?? result)}`)
  const [first, ...rest] = result.content as ReadonlyArray<{ type: string; text: string }>
  expect(result.content.every(({ type }: { type: string }) => type === "text")).toBe(true)
  const isError = result.isError === true
  // Failures are text only.
  if (isError) expect([rest, result.structuredContent]).toEqual([[], undefined])
  else if (sent[1] !== "getResultMarkdown") expect(JSON.parse(first!.text)).toEqual(result.structuredContent)
  return {
    text: first!.text,
    next: rest.map(({ text }) => text).join("\n"),
    isError,
    structured: result.structuredContent,
    response,
  }
}

/** What it answers where it does what it is asked. */
export const done = async (...sent: Parameters<typeof sendCall>): Promise<any> => {
  const { isError, text, structured } = await callTool(...sent)
  if (isError) throw new Error(`${sent[1]}: ${text}`)
  return structured
}

/** The text of a failure. */
export const failed = async (...sent: Parameters<typeof sendCall>): Promise<string> => {
  const { isError, text } = await callTool(...sent)
  if (!isError) throw new Error(`${sent[1]} did not fail: ${text}`)
  return text
}

/** Of nobody: what is asked here is answered before anybody is asked. */
export const KEY = "key-of-nobody"
export const LIST = { jsonrpc: "2.0", id: 1, method: "tools/list" }

/** Asks `/mcp` with nothing behind it. */
export const askMcp = (
  headers: Record<string, string>,
  { body = LIST, env = {}, method = "POST", origin = ORIGIN }: Partial<Asked> = {},
): Promise<Response> =>
  askFront(
    `${origin}/mcp`,
    {
      method,
      headers: { ...USUAL_HEADERS, ...headers },
      ...(method === "POST" ? { body: typeof body === "string" ? body : JSON.stringify(body) } : {}),
    },
    env,
  )

export interface Asked {
  readonly body: unknown
  readonly env: Record<string, string>
  readonly method: string
  readonly origin: string
}

/** What holds of every answer: no session, no other origin, nothing kept on the way, nothing of the key. */
export const expectUsual = async (response: Response, key = KEY) => {
  const names = [...response.headers.keys()]
  expect(names.filter((name) => /^access-control-|^mcp-session-id$/.test(name))).toEqual([])
  expect(response.headers.get("cache-control")).toBe("no-store")
  const told = `${JSON.stringify([...response.headers])}${await response.clone().text()}`
  expect(told).not.toContain(key)
}
