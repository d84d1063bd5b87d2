import { spawn } from "node:child_process"
import { mkdirSync, readdirSync, readFileSync } from "node:fs"
import { createServer, request as httpRequest } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { EXPECTED, SUCCEEDING, type Revision } from "./conformanceBaseline.ts"
import { servers } from "./servers.ts"

/**
 * The official conformance suite of the Model Context Protocol, against the real server: what fails is what the baseline
 * explains, no more and no less. `npm run conformance` runs this alone.
 */

const pair = servers()

const SUITE = "node_modules/@modelcontextprotocol/conformance/dist/index.js"
const SUITE_MS = 120_000

/** The suite knows no keys. Everything else goes through as it is, Host and Origin included. */
const proxy = createServer((incoming, answer) => {
  const { port } = new URL(pair.url)
  const { url: path, method, headers } = incoming
  const onward = httpRequest(
    { host: "127.0.0.1", port, path, method, headers: { ...headers, "x-api-key": "conformance" } },
    (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers)
      response.pipe(answer)
    },
  )
  onward.on("error", () => answer.destroy())
  incoming.pipe(onward)
})

beforeAll(() => new Promise<void>((listening) => proxy.listen(0, "127.0.0.1", listening)))
afterAll(() => {
  proxy.closeAllConnections()
  proxy.close()
})

interface Check {
  readonly id: string
  readonly status: "SUCCESS" | "FAILURE" | "WARNING" | "SKIPPED" | "INFO"
  readonly description?: string
  readonly errorMessage?: string
}

/** Checks by their scenario. */
const runSuite = async (revision: Revision): Promise<ReadonlyMap<string, ReadonlyArray<Check>>> => {
  const folder = join(pair.root, `conformance-${revision}`)
  mkdirSync(folder)
  const { port } = proxy.address() as AddressInfo
  const url = `http://127.0.0.1:${port}/mcp`
  const args = [SUITE, "server", "--url", url, "--suite", "all", "--spec-version", revision, "-o", folder]
  const suite = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"], timeout: SUITE_MS })
  let said = ""
  for (const stream of [suite.stdout, suite.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => (said += text))
  await new Promise((ended) => suite.on("close", ended))
  const results = readdirSync(folder).map((name) => {
    const [, scenario = ""] = /^server-(.+)-\d{4}-\d\d-\d\dT[\d-]+Z$/.exec(name) ?? []
    const checks = JSON.parse(readFileSync(join(folder, name, "checks.json"), "utf8")) as Array<Check>
    return [scenario, checks] as const
  })
  if (results.length === 0) throw new Error(`the suite has told nothing:\n${said.slice(-2_000)}`)
  return new Map(results)
}

describe.each(Object.keys(EXPECTED) as ReadonlyArray<Revision>)(
  "the conformance suite for %s",
  (revision) => {
    it("finds what the baseline explains, and nothing else", { timeout: SUITE_MS + 30_000 }, async () => {
      const results = await runSuite(revision)
      const failures = [...results].flatMap(([scenario, checks]) =>
        checks
          .filter(({ status }) => status === "FAILURE")
          .map(({ id, errorMessage, description }) => ({
            place: id === scenario ? scenario : `${scenario}: ${id}`,
            said: errorMessage ?? description ?? "",
          })),
      )
      const expected = EXPECTED[revision].flatMap(({ failures: places }) => places)
      const unexplained = failures.filter(({ place }) => !expected.includes(place))
      const passing = expected.filter((place) => !failures.some((failure) => failure.place === place))
      expect({ unexplained, passing }).toEqual({ unexplained: [], passing: [] })
      for (const [scenario, least] of Object.entries(SUCCEEDING[revision])) {
        const succeeded = (results.get(scenario) ?? []).filter(({ status }) => status === "SUCCESS")
        expect([scenario, succeeded.length >= least]).toEqual([scenario, true])
      }
    })
  },
)
