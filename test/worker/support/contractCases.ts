import { env } from "cloudflare:workers"
import { DEFAULT_LOGIN_URL } from "../../../src/domain/Settings.ts"
import { type DocumentedOperation } from "../../support/contract/document.ts"
import { create, ORIGIN, send, underVariables } from "./product.ts"
import { newUpstream, type Upstream } from "./upstream.ts"

/** What stands behind the requests of a table: a group that has ended, and who asks. */
export interface Scene {
  readonly upstream: Upstream
  readonly group: string
  /** The id of the last event of its stream. */
  readonly lastEvent: string
  /** What the answer is to be, where the request may say. */
  readonly accept?: string | undefined
}

export interface Asked {
  readonly path?: string
  readonly query?: string
  readonly headers?: Readonly<Record<string, string | null>>
  readonly body?: BodyInit | null
  readonly accept?: string
  /** Another Worker than the usual one. */
  readonly via?: typeof send
}

type Operation = DocumentedOperation

export const isKeyed = ({ operation }: Operation) => (operation.security ?? []).length > 0
export const isAct = (operation: Operation) => isKeyed(operation) && operation.path.startsWith("/{")
export const isOfGroup = ({ path }: Operation) => path.startsWith("/{taskgroup_id}")
export const isSql = ({ operation }: Operation) => operation.operationId === "queryTaskGroup"
export const isMcp = ({ path }: Operation) => path === "/mcp"
export const isCallback = ({ path }: Operation) => path === "/callback"
export const isRead = ({ method }: Operation) => method === "GET" || method === "HEAD"

const takesBody = ({ operation }: Operation) => operation.requestBody !== undefined

/** An example of the operation's body that is no plan, as text. */
const exampleOf = ({ operation }: Operation): string => {
  const examples = Object.values(operation.requestBody?.content["application/json"]?.examples ?? {})
  const texts = examples.map(({ value }) => JSON.stringify(value))
  return texts.find((text) => !text.includes('"dry_run"')) ?? "{}"
}

const acceptOf = (operation: Operation, accept: string | undefined): Record<string, string> =>
  isMcp(operation) && accept !== "image/png"
    ? { accept: "application/json, text/event-stream" }
    : accept === undefined
      ? {}
      : { accept }

/** Sends a request as the document describes it, but for what a case changes. */
export const ask = (operation: Operation, scene: Scene, asked: Asked = {}): Promise<Response> => {
  const { path, method } = operation
  const address = (asked.path ?? path).replace("{taskgroup_id}", scene.group).replace("{row}", "0")
  const headers = {
    ...(isKeyed(operation) && { "x-api-key": scene.upstream.key }),
    ...(takesBody(operation) && { "content-type": "application/json" }),
    ...(isCallback(operation) && method === "POST" && { origin: ORIGIN, "sec-fetch-site": "same-origin" }),
    ...acceptOf(operation, asked.accept ?? scene.accept),
    ...asked.headers,
  }
  const sent = Object.entries(headers).filter((header): header is [string, string] => header[1] !== null)
  const body = asked.body === undefined ? (takesBody(operation) ? exampleOf(operation) : null) : asked.body
  return (asked.via ?? send)(`${address}${asked.query ?? ""}`, { method, headers: sent, body })
}

const refusing = { limit: () => Promise.resolve({ success: false }) }
const full = { fetch: () => Promise.resolve(new Response(null, { status: 503 })) }
const broken = { acquire: () => Promise.reject(new Error("The object was reset")) }
const objects = (stub: object) => ({ idFromName: (name: string) => name, get: () => stub })
const constants = (changed: object) => ({
  TEST_CONSTANTS: JSON.stringify({
    ...(JSON.parse((env as unknown as { readonly TEST_CONSTANTS: string }).TEST_CONSTANTS) as object),
    ...changed,
  }),
})

/** Workers in trouble. */
export const troubled = {
  misconfigured: underVariables({ MAX_INPUTS: "none" }),
  limited: underVariables({ RATE_SUBMIT: refusing, RATE_SQL: refusing, RATE_UNKNOWN: refusing }),
  crowded: underVariables({ TASK_GROUP: objects(full) }),
  forgetful: underVariables({ IDEMPOTENCY: objects(broken) }),
  withoutFiles: underVariables({ ASSETS: undefined }),
  withoutSignIn: underVariables({ PARALLEL_LOGIN_URL: DEFAULT_LOGIN_URL }),
  oddHost: underVariables({}, "https://it's.example"),
  small: underVariables(constants({ MCP_BODY_BYTES: 1_000, IDEMPOTENCY_WAIT_SECONDS: 0.1 })),
}

/** Of no address that another test has, so that limits are its own. */
export const client = { "cf-connecting-ip": "10.1.2.3" }
export const newKey = () => crypto.randomUUID()
export const unknownGroup = () => `tgrp_${crypto.randomUUID().replaceAll("-", "")}`

/** A group with a simulator of its own, for what changes it. */
export const freshScene = async (): Promise<Scene> => {
  const upstream = newUpstream()
  const { taskgroup_id: group } = await create(upstream)
  return { upstream, group, lastEvent: "" }
}
