import { run } from "./bootstrap.mjs"

await run(import.meta.url, () => import("./check/main.ts"))
