import { type GroupId, isGroupId } from "../domain/Ids.ts"
import { shorten } from "../domain/Problem.ts"
import { loginUrlOf, type SettingsShape } from "../domain/Settings.ts"
import type { TaskGroupStub } from "../layers/TaskGroupsObjects.ts"
import { TAILWIND_PATH } from "../pages/tailwindFrame.ts"
import { actRoute } from "./actRoute.ts"
import { actByPost, type Address, isWholeGroup, readAddress } from "./address.ts"
import { withoutKey } from "./apiKey.ts"
import { callbackRoute } from "./callbackRoute.ts"
import { passOver } from "./body.ts"
import { createRoute } from "./createRoute.ts"
import { type Assets, documentRoute, isDocument } from "./documents.ts"
import { errorResponse } from "./errors.ts"
import { reportFault } from "./fault.ts"
import { formRoute, tailwindRoute } from "./formRoute.ts"
import { finished } from "./headers.ts"
import { keyedRoute } from "./keyedRoute.ts"
import { MCP_PATH } from "./mcpCalls.ts"
import { type LoadMcpSdk, mcpRoute } from "./mcpRoute.ts"
import type { RateLimits } from "./rateLimits.ts"
import { READS, resultRoute } from "./resultRoute.ts"
import type { RequestRuntime } from "./runtime.ts"
import { isWellKnown, wellKnownRoute } from "./wellKnown.ts"

export interface HandlerContext {
  readonly settings: SettingsShape
  readonly runtime: RequestRuntime
  readonly groups: (id: GroupId) => TaskGroupStub
  readonly limits: RateLimits
  readonly assets: Assets
  readonly loadMcpSdk: LoadMcpSdk
}

const CREATE_PATH = "/v1beta/tasks/multitask"

const FIXED: ReadonlySet<string> = new Set(["/", "/callback", TAILWIND_PATH, CREATE_PATH, MCP_PATH])

/** Paths that are spoken for: none of them may be taken for a task group. */
const RESERVED = new Set([
  "mcp",
  "openapi.json",
  "docs",
  "docs.md",
  "llms.txt",
  "callback",
  ".well-known",
  "assets",
  "agents",
  "v1",
  "v1beta",
])

/** Request in, response out. Fixed routes win over task group ids. */
export const handle = async (request: Request, context: HandlerContext): Promise<Response> =>
  withoutKey(request, await answer(request, context))

const answer = async (request: Request, context: HandlerContext): Promise<Response> => {
  try {
    return finished(request, await route(request, context))
  } catch (error) {
    const { refId, group } = reportFault(request, error, describe(request))
    return finished(
      request,
      errorResponse({
        status: 500,
        refId,
        group,
        message:
          "Something went wrong here; stored groups are not affected. Send a POST again only with the Idempotency-Key it had, or after looking whether its runs exist at Parallel.",
      }),
    )
  }
}

/** The route as the API's description names it, and the group: nothing of a query, which may hold anything. */
const describe = (request: Request) => {
  const { pathname } = new URL(request.url)
  if (FIXED.has(pathname) || isDocument(pathname) || isWellKnown(pathname))
    return { route: `${request.method} ${pathname}` }
  const address = readAddress(pathname) ?? { id: "", row: null, extension: null }
  const { id, row, extension } = address
  if (!isGroupId(id)) return { route: `${request.method} (no route)` }
  const format = extension !== null && /^\w{1,5}$/.test(extension) ? `.${extension}` : ""
  const part = row === null ? "" : `/${actByPost(address) ?? "{row}"}`
  return {
    route: `${request.method} /{taskgroup_id}${part}${format}`,
    taskgroup_id: id,
  }
}

const route = async (request: Request, context: HandlerContext): Promise<Response> => {
  const { pathname } = new URL(request.url)
  const { limits, settings, runtime } = context
  if (pathname === "/") return formRoute(request, settings)
  if (pathname === TAILWIND_PATH) return tailwindRoute(request)
  if (pathname === "/callback" && loginUrlOf(settings) !== null)
    return callbackRoute(request, settings, runtime)
  if (pathname === CREATE_PATH)
    return keyedRoute(request, "POST", settings, async () => {
      const refusal = await limits.count("RATE_SUBMIT", request)
      if (refusal === null) return createRoute(request, settings, runtime)
      await passOver(request, settings.MAX_BODY_BYTES)
      return errorResponse(refusal)
    })
  if (pathname === MCP_PATH) return mcpRoute(request, context)
  if (isDocument(pathname)) return documentRoute(request, context)
  if (isWellKnown(pathname)) return wellKnownRoute(request, context)
  const address = readAddress(pathname)
  if (address !== null && !RESERVED.has(pathname.split("/")[1] ?? "")) {
    return groupRoute(request, address, context)
  }
  return errorResponse({ status: 404, message: `There is nothing at ${shorten(pathname, 200)}.` })
}

/** What is under a group's address: acts on it, and its results. */
const groupRoute = (request: Request, address: Address, context: HandlerContext): Promise<Response> => {
  const { id } = address
  const act = actByPost(address)
  if (act !== null && isGroupId(id))
    return keyedRoute(request, "POST", context.settings, () => actRoute(request, id, act, context))
  if (isGroupId(id) && isWholeGroup(address) && asksToDelete(request))
    return keyedRoute(
      request,
      "DELETE",
      context.settings,
      () => actRoute(request, id, "delete", context),
      READS,
    )
  return resultRoute(request, address, context)
}

/** Or whether it may, as a page of another origin does. */
const asksToDelete = ({ method, headers }: Request): boolean =>
  (method === "OPTIONS" ? headers.get("access-control-request-method") : method) === "DELETE"
