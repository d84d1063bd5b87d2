import { Multitask } from "../../src/client/index.ts"

/** Reads a group's rows as a program does that uses the client: how long it takes from the call on, and how many came. */

const [baseUrl = "", id = ""] = process.argv.slice(2)
const started = performance.now()
let rows = 0
for await (const row of new Multitask({ baseUrl }).group(id).rows()) if (row.output !== null) rows++
process.stdout.write(JSON.stringify({ rows, ms: performance.now() - started }))
// Connections that are kept open would be waited for.
process.exit(0)
