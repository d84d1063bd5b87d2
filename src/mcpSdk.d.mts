/** What the Worker uses of the MCP SDK. `src/mcpSdk.mjs` is made of this by scripts/lib/mcpSdk.mjs, before every bundle. */
export { createMcpHandler, ProtocolError, Server } from "@modelcontextprotocol/server"
export type { Tool } from "@modelcontextprotocol/server"
