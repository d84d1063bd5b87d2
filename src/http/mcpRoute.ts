import type * as McpSdk from "../mcpSdk.mjs"
import { errorResponse } from "./errors.ts"
import type { HandlerContext } from "./handle.ts"

/** The MCP SDK, once it is needed. */
export type LoadMcpSdk = () => Promise<typeof McpSdk>

export const MCP_PATH = "/mcp"

/** `/mcp`: the programs as tools (Model Context Protocol, Streamable HTTP without sessions). */
export const mcpRoute = async (_request: Request, _context: HandlerContext): Promise<Response> =>
  errorResponse({ status: 404, message: "There is nothing here." })
