import { describe, expect, it } from "vitest"
import { checkImports } from "../../scripts/check/imports.ts"

const messages = (path: string, text: string) => checkImports([{ path, text }]).map(({ message }) => message)

/** Fixtures are strings: whatever they break, they are not part of the project. */
const caught: ReadonlyArray<readonly [path: string, text: string, message: string]> = [
  // domain knows effect and itself
  ["src/domain/A.ts", `import { B } from "../services/B.ts"`, "domain may not import from services"],
  ["src/domain/A.ts", `import type { B } from "../layers/B.ts"`, "domain may not import from layers"],
  [
    "src/domain/A.ts",
    `import { x } from "some-package"`,
    "domain may not import some-package: of packages only effect",
  ],
  ["src/domain/A.ts", `import fs from "node:fs"`, "domain may not import node:fs"],
  ["src/domain/A.ts", `export * from "../programs/P.ts"`, "domain may not import from programs"],
  // services know domain
  [
    "src/services/A.ts",
    `import { B } from "../layers/B.ts"`,
    "services may not import from layers: only from domain",
  ],
  ["src/services/A.ts", `import { B } from "../programs/B.ts"`, "services may not import from programs"],
  ["src/services/A.ts", `import { DurableObject } from "cloudflare:workers"`, "only do and worker.ts may"],
  // programs know services and domain
  ["src/programs/A.ts", `import { B } from "../layers/B.ts"`, "programs may not import from layers"],
  ["src/programs/deep/A.ts", `import { B } from "../../layers/B.ts"`, "programs may not import from layers"],
  ["src/programs/A.ts", `export { B } from "../http/B.ts"`, "programs may not import from http"],
  [
    "src/programs/A.ts",
    `import { env } from "cloudflare:workers"`,
    "programs may not import cloudflare:workers",
  ],
  [
    "src/programs/A.ts",
    `import { connect } from "cloudflare:sockets"`,
    "programs may not import cloudflare:sockets",
  ],
  // layers know services and domain
  ["src/layers/A.ts", `import { B } from "../programs/B.ts"`, "layers may not import from programs"],
  ["src/layers/A.ts", `import { B } from "../do/B.ts"`, "layers may not import from do"],
  ["src/layers/A.ts", `import { env } from "cloudflare:workers"`, "layers may not import cloudflare:workers"],
  [
    "src/layers/A.ts",
    `import { Queryable } from "queryable-object"`,
    "layers may not import queryable-object",
  ],
  // nobody knows the contract: it is made into a file
  ["src/http/A.ts", `import { Api } from "../api/Api.ts"`, "http may not import from api"],
  ["src/mcp/A.ts", `import { Plan } from "../api/answers.ts"`, "mcp may not import from api"],
  ["src/worker.ts", `import type { Api } from "./api/Api.ts"`, "worker.ts may not import from api"],
  // http and do do not know each other
  ["src/http/A.ts", `import type { TaskGroupDO } from "../do/TaskGroupDO.ts"`, "http may not import from do"],
  ["src/http/A.ts", `type T = import("../do/TaskGroupDO.ts").TaskGroupDO`, "http may not import from do"],
  ["src/http/A.ts", `import { env } from "cloudflare:workers"`, "http may not import cloudflare:workers"],
  ["src/http/A.ts", `import { Queryable } from "queryable-object"`, "http may not import queryable-object"],
  ["src/http/A.ts", `import worker from "../worker.ts"`, "http may not import from worker.ts"],
  ["src/do/A.ts", `import { route } from "../http/route.ts"`, "do may not import from http"],
  // pages know domain
  ["src/pages/A.ts", `import { B } from "../services/B.ts"`, "pages may not import from services"],
  ["src/pages/A.ts", `import { env } from "cloudflare:workers"`, "pages may not import cloudflare:workers"],
  [
    "src/pages/assets/assets/a.js",
    `import { b } from "../../../domain/B.ts"`,
    "a browser script may not import",
  ],
  // nothing in src knows what is around it, and nothing stands beside the rooms
  ["src/http/A.ts", `import { B } from "../../simulator/main.ts"`, "src may not import simulator/main.ts"],
  ["src/layers/A.ts", `import { B } from "../../test/support.ts"`, "src may not import test/support.ts"],
  ["src/layers/A.ts", `import { B } from "../../../elsewhere.ts"`, "src may not import ../elsewhere.ts"],
  ["src/utils/A.ts", `export const a = 1`, "src/utils is in no room"],
  // the simulator stands alone
  ["simulator/core/a.ts", `import { B } from "../../src/domain/B.ts"`, "the simulator stands alone"],
  ["simulator/main.ts", `await import("../src/domain/B.ts")`, "the simulator stands alone"],
  // however it is written
  ["src/programs/A.ts", `import "../layers/B.ts"`, "programs may not import from layers"],
  ["src/programs/A.ts", `const b = await import("../layers/B.ts")`, "programs may not import from layers"],
  ["src/programs/A.ts", "const b = await import(`../layers/B.ts`)", "programs may not import from layers"],
  ["src/programs/A.ts", `const b = await import(name)`, "imports what only running it can tell"],
  ["src/programs/A.ts", `import b = require("../layers/B.ts")`, "programs may not import from layers"],
  ["src/programs/A.ts", `const b = require("../layers/B.ts")`, "programs may not import from layers"],
  [
    "src/programs/A.ts",
    `import {\n  // why\n  B,\n} from /* here */ "../layers/B.ts"`,
    "programs may not import from layers",
  ],
  // time, randomness and the network are services
  ["src/programs/A.ts", `const r = fetch("https://example.com")`, "fetch in programs"],
  ["src/programs/A.ts", `const f = fetch`, "fetch in programs"],
  ["src/programs/A.ts", `const t = Date.now()`, "Date.now in programs"],
  ["src/programs/A.ts", `const t = Date["now"]()`, "Date.now in programs"],
  ["src/programs/A.ts", `const t = [1].map(Date.now)`, "Date.now in programs"],
  ["src/programs/A.ts", `const t = new Date()`, "the time of day in programs"],
  ["src/programs/A.ts", `const t = new Date`, "the time of day in programs"],
  ["src/programs/A.ts", `const t = Date()`, "the time of day in programs"],
  ["src/programs/A.ts", `setTimeout(() => {}, 1)`, "setTimeout in programs"],
  ["src/programs/A.ts", `setInterval(() => {}, 1)`, "setInterval in programs"],
  ["src/programs/A.ts", `const id = crypto.randomUUID()`, "crypto in programs"],
  ["src/programs/A.ts", `const id = globalThis.crypto.randomUUID()`, "globalThis in programs"],
  ["src/programs/A.ts", `const o = { fetch }`, "fetch in programs"],
  ["src/programs/A.ts", `const n = Math.random()`, "Math.random in programs"],
  ["src/domain/A.ts", `const n = Math.random()`, "Math.random in domain"],
  ["src/services/A.ts", `const t = Date.now()`, "Date.now in services"],
  // and a file that nobody can read passes nothing
  ["src/domain/A.ts", `import { from`, "cannot be parsed"],
]

const allowed: ReadonlyArray<readonly [path: string, text: string]> = [
  ["src/domain/A.ts", `import * as Schema from "effect/Schema"; import { B } from "./B.ts"`],
  ["src/services/A.ts", `import * as Context from "effect/Context"; import type { B } from "../domain/B.ts"`],
  [
    "src/programs/A.ts",
    `import { B } from "../services/B.ts"; import { C } from "../domain/C.ts"; import { D } from "./D.ts"`,
  ],
  [
    "src/programs/A.ts",
    `const at = (t: number) => new Date(t).toISOString(); const p = Date.parse("2026-01-01")`,
  ],
  [
    "src/programs/A.ts",
    `const o = { fetch: 1, crypto() {} }; o.fetch; interface I { fetch(x: string): void; setTimeout: number }`,
  ],
  ["src/programs/A.ts", `// fetch("x"), Date.now()\nconst s = "import x from '../layers/B.ts'; fetch()"`],
  [
    "src/layers/A.ts",
    `import { B } from "../services/B.ts"; const t = Date.now(); const r = fetch("https://example.com")`,
  ],
  ["src/http/A.ts", `import { studioMiddleware } from "queryable-object/studio-middleware"`],
  ["src/http/A.ts", `import { page } from "../pages/form.ts"; import { run } from "../programs/run.ts"`],
  [
    "src/do/A.ts",
    `import { DurableObject } from "cloudflare:workers"; import { Queryable } from "queryable-object"`,
  ],
  ["src/do/A.ts", `import { L } from "../layers/L.ts"; import { P } from "../programs/P.ts"`],
  ["src/worker.ts", `import { app } from "./http/app.ts"; export { TaskGroupDO } from "./do/TaskGroupDO.ts"`],
  ["src/pages/A.ts", `import { B } from "../domain/B.ts"`],
  ["src/pages/assets/assets/result/a.js", `import { b } from "../shared/b.js"`],
  ["src/pages/assets/assets/shared/a.js", `export * from "../../../browser.ts"`],
  ["src/pages/assets/assets/lazy/a.js", `import read from "read-excel-file/browser"`],
  [
    "simulator/core/a.ts",
    `import { createServer } from "node:http"; import { b } from "../ledger/b.ts"; Date.now()`,
  ],
]

describe("the import table", () => {
  it.each(caught)("catches in %s: %s", (path, text, message) => {
    expect(messages(path, text).join("\n")).toContain(message)
  })

  it.each(allowed)("lets pass in %s: %s", (path, text) => {
    expect(messages(path, text)).toEqual([])
  })

  it("names the line", () => {
    const text = `import * as Effect from "effect/Effect"\n\nexport const now = () => Date.now()\n`
    expect(checkImports([{ path: "src/programs/A.ts", text }])).toEqual([
      { path: "src/programs/A.ts", line: 3, message: "Date.now in programs: take it from a service" },
    ])
  })
})
