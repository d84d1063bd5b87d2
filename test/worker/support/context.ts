import type { HandlerContext } from "../../../src/http/handle.ts"

/** What a handler's context has beside groups and settings, for tests that ask for neither documents nor tools. */
export const bare: Pick<HandlerContext, "assets" | "loadMcpSdk"> = {
  assets: () => Promise.resolve(null),
  loadMcpSdk: () => import("../../../src/mcpSdk.mjs"),
}
