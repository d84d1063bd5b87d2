import type { ApiError } from "../domain/ApiError.ts"
import { shorten } from "../domain/Problem.ts"
import { escapeRaw } from "../domain/JsonText.ts"
import { loginUrlOf, type SettingsShape } from "../domain/Settings.ts"
import { isFillable } from "../domain/template.ts"
import { type MessageFailure, readMessage } from "../mcp/readMessage.ts"
import { answerMessage } from "../mcp/server.ts"
import type * as McpSdk from "../mcpSdk.mjs"
import { apiKeyOf, hasKey } from "./apiKey.ts"
import { passOver, readBodyText } from "./body.ts"
import { RESOURCE_METADATA_PATH } from "./discovery.ts"
import { errorResponse, methodNotAllowed, NO_HOST } from "./errors.ts"
import type { HandlerContext } from "./handle.ts"
import { optionsResponse } from "./headers.ts"
import { McpCalls } from "./mcpCalls.ts"
import { isFromHere, publicOriginOf } from "./origin.ts"

/** The MCP SDK, once it is needed. */
export type LoadMcpSdk = () => Promise<typeof McpSdk>

const METHODS = "POST, OPTIONS"
/** Only rows make a message longer. */
const LARGE_CHARS = 65_536

/**
 * `/mcp`: the programs as tools (Model Context Protocol, Streamable HTTP without sessions). Pages of other origins may not
 * ask it: a browser's user would not see what a page does with the key that some other program has.
 */
export const mcpRoute = async (request: Request, context: HandlerContext): Promise<Response> => {
  const response = await answer(request, context)
  const headers = new Headers(response.headers)
  headers.set("cache-control", "no-store")
  // Takes the CORS headers away: see withCommonHeaders.
  headers.set("cross-origin-resource-policy", "same-origin")
  return new Response(response.body, { status: response.status, headers })
}

const answer = async (request: Request, context: HandlerContext): Promise<Response> => {
  const { settings } = context
  const { method, headers } = request
  // It stands in quotes in a header.
  if (!isFillable(publicOriginOf(request, settings))) return errorResponse(NO_HOST)
  if (!isOurs(request, settings)) return errorResponse(FOREIGN)
  if (method === "OPTIONS") return optionsResponse(request, METHODS)
  if (method !== "POST") return errorResponse(methodNotAllowed(method, METHODS))
  const key = apiKeyOf(headers)
  // An operator who takes less means every door.
  const maxBytes = Math.min(settings.MCP_BODY_BYTES, settings.MAX_BODY_BYTES)
  if (typeof key !== "string") {
    await passOver(request, maxBytes)
    return unauthorized(request, settings, key, hasKey(headers))
  }
  const text = await textOf(request, maxBytes)
  if (typeof text !== "string") return errorResponse(text)
  // To read it is work already, which the first that comes along could ask for without end.
  const refusal = text.length > LARGE_CHARS ? await context.limits.count("RATE_SUBMIT", request) : null
  if (refusal !== null) return errorResponse(refusal)
  const read = readMessage(text, { maxDepth: settings.MAX_DEPTH, maxValues: settings.MAX_VALUES })
  if ("_tag" in read) return unreadable(read)
  if (Array.isArray(read.message))
    return rpcError(INVALID_REQUEST, "Send one message at a time: batches are gone since 2025-06-18.")
  const calls = new McpCalls(request, context, key, read.args ?? "{}")
  // Without the signal: at a client that hangs up the SDK is done at once, and the tool would go on unattended.
  const asked = new Request(request.url, { method, headers })
  const response = await answerMessage(await context.loadMcpSdk(), asked, {
    message: read.message,
    websiteUrl: publicOriginOf(request, settings),
    call: (tool) => calls.run(tool),
  })
  // Whole: which status it has is known only when the tool has answered. Clients that split lines at more than line feeds
  // must not break.
  const body = escapeRaw(await response.text())
  if (calls.refusedKey !== null) return unauthorized(request, settings, calls.refusedKey, true)
  return new Response(body === "" ? null : body, { status: response.status, headers: response.headers })
}

type OriginSettings = Pick<SettingsShape, "PUBLIC_ORIGIN" | "ALLOW_PRIVATE_URLS">

/** No page sent this, or one of this origin did (MCP, Streamable HTTP: DNS rebinding). */
const isOurs = (request: Request, settings: OriginSettings): boolean => {
  const from = request.headers.get("origin")
  if (from !== null && from !== new URL(request.url).origin && from !== settings.PUBLIC_ORIGIN) return false
  return !settings.ALLOW_PRIVATE_URLS || isFromHere(request, settings)
}

const FOREIGN: ApiError = {
  status: 403,
  message:
    "This MCP server answers no page of another origin, only programs and pages of its own. Where it is reached by another name, its operator sets PUBLIC_ORIGIN.",
}

/** RFC 9728: where a client learns how its user signs in. `isGiven`: there was a key, which does not do (RFC 6750). */
const unauthorized = (
  request: Request,
  settings: SettingsShape,
  error: ApiError,
  isGiven: boolean,
): Response => {
  const metadata = `${publicOriginOf(request, settings)}${RESOURCE_METADATA_PATH}`
  const challenge = [
    `resource_metadata="${metadata}"`,
    ...(loginUrlOf(settings) === null ? [] : ['scope="key:read"']),
    ...(isGiven ? ['error="invalid_token"'] : []),
  ].join(", ")
  return errorResponse({ ...error, headers: { "www-authenticate": `Bearer ${challenge}` } })
}

const textOf = async (request: Request, maxBytes: number): Promise<string | ApiError> => {
  const pieces: Array<string> = []
  const error = await readBodyText(request, { maxBytes, take: (piece) => pieces.push(piece) > 0 })
  return error ?? pieces.join("")
}

const PARSE_ERROR = -32_700
const INVALID_REQUEST = -32_600

const unreadable = (failure: MessageFailure): Response => {
  switch (failure._tag) {
    case "NotJson":
      return rpcError(
        PARSE_ERROR,
        `The message is not JSON: it ${failure.atEnd ? "ends too early, at" : "has an error at"} ${failure.where}.`,
      )
    case "TooDeep":
      return rpcError(
        INVALID_REQUEST,
        `The message is nested too deeply at ${failure.path}. Flatten the data.`,
      )
    case "TooManyValues":
      return rpcError(
        INVALID_REQUEST,
        `The message holds more than ${failure.limit} values. Pass a URL of the rows instead.`,
      )
    case "TooLong":
      return rpcError(
        INVALID_REQUEST,
        `The message has more than ${failure.limit} characters beside a tool's arguments, at ${shorten(failure.place)}. Leave out what is not needed.`,
      )
    case "Ambiguous":
      return rpcError(
        INVALID_REQUEST,
        `The message can be read in two ways at ${failure.place === "" ? "its beginning" : failure.place}: a name is given twice, or a number or character is none.`,
      )
  }
}

const rpcError = (code: number, message: string): Response =>
  Response.json({ jsonrpc: "2.0", id: null, error: { code, message } }, { status: 400 })
