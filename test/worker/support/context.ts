import { readSettings } from "../../../src/domain/Settings.ts"
import { handle, type HandlerContext } from "../../../src/http/handle.ts"
import { rateLimitsOf } from "../../../src/http/rateLimits.ts"

/** What a handler's context has beside groups and settings, for tests that ask for neither documents nor tools. */
export const bare: Pick<HandlerContext, "assets" | "loadMcpSdk"> = {
  assets: () => Promise.resolve(null),
  loadMcpSdk: () => import("../../../src/mcpSdk.mjs"),
}

/** Asks the Worker's front under these variables; behind it there is nothing. */
export const askFront = (url: string, init: RequestInit = {}, env: Record<string, string> = {}) => {
  const read = readSettings(env)
  if (!read.ok) throw new Error(read.problems.join())
  const nothing = () => {
    throw new Error("not asked")
  }
  const runtime = { runPromise: nothing } as unknown as HandlerContext["runtime"]
  const { settings } = read
  return handle(new Request(url, init), {
    settings,
    runtime,
    groups: nothing,
    limits: rateLimitsOf({}, settings),
    ...bare,
  })
}
