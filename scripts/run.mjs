import { runFile } from "./bootstrap.mjs"

await runFile(process.argv.slice(2))
