import { readFileSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { gzipSync } from "node:zlib"
import type { BenchCase } from "../lib/context.ts"
import { KEY } from "../lib/groups.ts"
import { MCP_SDK, startProduct, startSimulator } from "../lib/servers.ts"
import { alternate, figure, median, spread } from "../lib/stats.ts"
import { bundleSize, LIMITS, startupCpu } from "./counts.ts"

/** The same Worker without the MCP server. */
const WITHOUT = { "./mcpRoute.ts": "bench/workers/noTools.ts", "./mcpCalls.ts": "bench/workers/noTools.ts" }
/** Of its start-up CPU. */
const MAX_START = 1.5

const LIST = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list" })

const ask = async (url: string): Promise<number> => {
  const started = performance.now()
  const response = await fetch(`${url}/mcp`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      "x-api-key": KEY,
    },
    body: LIST,
  })
  const text = await response.text()
  if (!response.ok || !text.includes("planTaskGroup")) throw new Error(`/mcp answered ${response.status}`)
  return performance.now() - started
}

const openForm = async (url: string): Promise<number> => {
  const started = performance.now()
  await (await fetch(`${url}/`)).text()
  return performance.now() - started
}

/** What the MCP server costs those who do not ask it, and those who do. */
export const mcp: BenchCase = {
  name: "mcp",
  run: async ({ folder, repeats }) => {
    const whole = bundleSize(folder)
    const control = bundleSize(folder, WITHOUT)
    const sdk = gzipSync(readFileSync(MCP_SDK), { level: 9 }).length
    const config = join(folder, "without-mcp.toml")
    const alias = Object.entries(WITHOUT).map(([from, to]) => `"${from}" = "${resolve(to)}"`)
    const own = readFileSync("wrangler.toml", "utf8").replaceAll(
      /"(src\/[\w./]+)"/g,
      (_, path: string) => `"${resolve(path)}"`,
    )
    const built = own.replace(/\[build\][^[]*/, "")
    writeFileSync(config, `${built}\n[alias]\n${alias.join("\n")}\n`)
    const start = await alternate(
      repeats,
      async () => startupCpu(folder) ?? Number.NaN,
      async () => startupCpu(folder, config) ?? Number.NaN,
    )
    const ratio = median(start.ours) / median(start.control)
    const simulator = await startSimulator(folder, {})
    const first: Array<number> = []
    const form: Array<number> = []
    const later: Array<number> = []
    try {
      for (let round = 0; round < repeats; round++) {
        const product = await startProduct(folder, simulator.url, {
          data: `mcp-${round}`,
          entry: "src/worker.ts",
        })
        try {
          form.push(await openForm(product.url))
          first.push(await ask(product.url))
          for (let again = 0; again < 5; again++) later.push(await ask(product.url))
        } finally {
          await product.stop()
        }
      }
    } finally {
      await simulator.stop()
    }
    return {
      name: "MCP server",
      about:
        "The control is the same Worker with nothing in the place of `/mcp`. Each first answer is that of a workerd that has just started and has shown the form.",
      lines: [
        {
          measure: "the Worker's bundle, minified, gzip",
          ours: `${figure(whole.gzip / 1_000)} kB`,
          control: `${figure(control.gzip / 1_000)} kB`,
          result: `+${figure((whole.gzip - control.gzip) / 1_000)} kB`,
          goal: `≤ ${LIMITS.bundleBytes / 1_000} kB`,
          met: whole.gzip <= LIMITS.bundleBytes,
        },
        {
          measure: "the SDK, a module of its own, minified, gzip",
          ours: `${figure(sdk / 1_000)} kB`,
          control: "",
          result: `${figure(sdk / 1_000)} kB`,
          goal: "",
          met: null,
        },
        {
          measure: "start-up CPU (wrangler check startup)",
          ours: spread(start.ours, "ms"),
          control: spread(start.control, "ms"),
          result: `${figure(ratio)} ×`,
          goal: `≤ ${MAX_START} ×`,
          met: ratio <= MAX_START,
        },
        {
          measure: "first `tools/list`, against the form just before",
          ours: spread(first, "ms"),
          control: spread(form, "ms"),
          result: `${figure(median(first) / median(form))} ×`,
          goal: "",
          met: null,
        },
        {
          measure: "a later `tools/list`, against the first",
          ours: spread(later, "ms"),
          control: spread(first, "ms"),
          result: `${figure(median(later) / median(first))} ×`,
          goal: "",
          met: null,
        },
      ],
    }
  },
}
