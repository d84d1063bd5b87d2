import { buildMcpSdk } from "./lib/mcpSdk.mjs"

await buildMcpSdk()
