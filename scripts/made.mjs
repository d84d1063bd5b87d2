import { buildMcpSdk } from "./lib/mcpSdk.mjs"
import { writePages } from "./lib/pageBundles.mjs"

/** What stands between the sources and a Worker besides wrangler's own bundle: wrangler runs this first. */
await Promise.all([buildMcpSdk(), writePages()])
