import type { Fault, StreamFault } from "../behaviour/faultSpec.ts"
import { ConnectionReset } from "../sse/stream.ts"
import { sleep, type Clock } from "./clock.ts"
import { ApiError, errorResponse } from "./errors.ts"
import { uuid } from "./random.ts"

export interface FaultScene {
  readonly clock: Clock
  readonly seed: string
  readonly ordinal: number
  readonly signal: AbortSignal
  /** Lets the request do its work; `partial` for half of it, `stream` with a fault in its stream. */
  readonly run: (options: { partial?: boolean; stream?: StreamFault }) => Promise<Response>
}

/** What an edge in front of the API says in its own name. */
const page = (status: number): string => {
  const title = `${status} ${MESSAGES[status] ?? "Error"}`
  return `<html><head><title>${title}</title></head><body><h1>${title}</h1></body></html>`
}
const MALFORMED = '{"taskgroup_id": "tgrp_'

const MESSAGES: Record<number, string> = {
  400: "Bad request",
  401: "Invalid API key.",
  402: "Insufficient credit in account.",
  403: "Forbidden",
  404: "Not found",
  408: "Request timed out",
  409: "Conflict: lock timeout",
  413: "Request Entity Too Large",
  422: "Request validation error",
  429: "Rate limit exceeded",
  500: "Internal server error",
  502: "Bad gateway",
  503: "Service unavailable",
  504: "Gateway timeout",
}

type Applied = "none" | "all" | "partial"

/** Does the request's work and throws its answer away. */
const applyOnly = async (scene: FaultScene, applied: Applied): Promise<void> => {
  if (applied === "none") return
  const response = await scene.run({ partial: applied === "partial" })
  await response.body?.cancel()
}

const retryHeader = (fault: Fault & { kind: "status" }, clock: Clock): Record<string, string> => {
  if (fault.retry_after === null) return {}
  const value = fault.retry_after_as_date
    ? new Date(clock.now() + fault.retry_after * 1_000).toUTCString()
    : String(fault.retry_after)
  return { "retry-after": value }
}

const brokenBody = (
  kind: "html" | "malformed" | "empty",
  status: number,
  headers: Record<string, string>,
): Response => {
  if (kind === "html")
    return new Response(page(status), { status, headers: { ...headers, "content-type": "text/html" } })
  const body = kind === "empty" ? null : MALFORMED
  return new Response(body, { status, headers: { ...headers, "content-type": "application/json" } })
}

const statusResponse = (fault: Fault & { kind: "status" }, scene: FaultScene): Response => {
  const headers = retryHeader(fault, scene.clock)
  if (fault.body === "html" || fault.body === "malformed" || fault.body === "empty") {
    return brokenBody(fault.body, fault.status, headers)
  }
  const message = fault.message ?? MESSAGES[fault.status] ?? "Error"
  const framework = fault.body === "framework"
  const problems = framework ? { problems: [{ loc: ["body"], msg: message, type: "value_error" }] } : {}
  const shape = framework ? "framework" : fault.body === "bare" ? "bare" : "upstream"
  return errorResponse(
    new ApiError(fault.status, message, { headers, ...problems }),
    shape,
    scene.seed,
    scene.ordinal,
  )
}

const bodyResponse = (kind: "html" | "malformed" | "empty" | "error", scene: FaultScene): Response => {
  if (kind !== "error") return brokenBody(kind, 200, {})
  const refId = uuid(scene.seed, "ref", scene.ordinal)
  return Response.json({
    type: "error",
    error: { ref_id: refId, message: "Internal server error", detail: null },
  })
}

const brokenAfterHeaders = (response: Response): Response => {
  const body = new ReadableStream({
    pull: (controller) => controller.error(new ConnectionReset()),
  })
  return new Response(body, { status: response.status, headers: response.headers })
}

/** The answer to a request that meets a fault. Rejects with `ConnectionReset` where the connection breaks. */
export const applyFault = async (fault: Fault, scene: FaultScene): Promise<Response> => {
  switch (fault.kind) {
    case "status":
      await applyOnly(scene, fault.applied)
      return statusResponse(fault, scene)
    case "body":
      await applyOnly(scene, fault.applied)
      return bodyResponse(fault.body, scene)
    case "reset": {
      if (fault.when === "before") throw new ConnectionReset("fetch failed: connection reset")
      const response = await scene.run({ partial: fault.applied === "partial" })
      await response.body?.cancel()
      if (fault.when === "after") throw new ConnectionReset("fetch failed: connection reset")
      return brokenAfterHeaders(response)
    }
    case "hang": {
      if (fault.then === "reset") await applyOnly(scene, fault.applied)
      await sleep(scene.clock, fault.ms, scene.signal)
      if (fault.then === "reset") throw new ConnectionReset("fetch failed: connection reset")
      return scene.run({})
    }
    default:
      return scene.run({ stream: fault })
  }
}
