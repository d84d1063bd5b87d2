import { request } from "node:http"
import Parallel from "parallel-web"
import { describe, expect, it } from "vitest"
import type { Product } from "../e2e/product.ts"

/** Headers that a page may send without asking. */
const SAFE = ["accept", "accept-language", "content-language", "range"]

interface Asked {
  readonly method: string
  readonly url: string
  readonly headers: Headers
}

/** The status of a POST without a key under another Host, which `fetch` does not set. */
const postUnder = (url: string, host: string, headers: Record<string, string>) =>
  new Promise<number | undefined>((resolve, reject) => {
    request(`${url}/v1beta/tasks/multitask`, { method: "POST", headers: { ...headers, host } }, (answer) => {
      answer.resume()
      resolve(answer.statusCode)
    })
      .on("error", reject)
      .end()
  })

/** What the SDK would send from a page, which is nothing that its users choose. */
const askedBySdk = async (origin: string, ask: (parallel: Parallel) => Promise<unknown>): Promise<Asked> => {
  const asked: Array<Asked> = []
  const parallel = new Parallel({
    apiKey: "key",
    baseURL: origin,
    maxRetries: 0,
    defaultHeaders: TRACING,
    fetch: async (url, init) => {
      asked.push({ method: init?.method ?? "GET", url: String(url), headers: new Headers(init?.headers) })
      return Response.json({})
    },
  })
  await ask(parallel)
  return asked[0]!
}

/** What tools for tracing add to a page's requests. */
const TRACING = {
  traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
  tracestate: "a=1",
  baggage: "sentry-environment=production",
  "sentry-trace": "0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-1",
  "cache-control": "no-cache",
  pragma: "no-cache",
}

/** As a browser does: it asks first. */
const preflight = async ({ method, url, headers }: Asked, from = "https://app.example") => {
  const names = [...headers.keys()].filter((name) => !SAFE.includes(name)).toSorted()
  const response = await fetch(url, {
    method: "OPTIONS",
    headers: {
      origin: from,
      "access-control-request-method": method.toUpperCase(),
      "access-control-request-headers": names.join(","),
    },
  })
  return { names, response }
}

/** It sends only what was allowed. */
const expectAllowed = async (asked: Asked): Promise<void> => {
  const { method } = asked
  const { names, response } = await preflight(asked)
  expect(response.ok).toBe(true)
  const told = (name: string) => response.headers.get(`access-control-${name}`)
  const list = (name: string) =>
    told(name)
      ?.split(",")
      .map((one) => one.trim().toLowerCase()) ?? []
  expect(told("allow-origin")).toBe("*")
  expect(told("allow-credentials")).toBeNull()
  expect(list("allow-methods")).toContain(method.toLowerCase())
  for (const name of names) expect(list("allow-headers")).toContain(name)
}

/** Pages of other origins, with the headers that libraries add there. */
export const preflights = (product: Product): void => {
  const origin = () => product.servers.url
  const body = { inputs: [{ n: 1 }], output_type: "text", processor: "lite", output_description: "one line" }

  describe("others may ask: a page of another origin", () => {
    // This Worker may ask private addresses; others' preflights are in test/worker/read/formats.test.ts.
    it("but not with a key, where it would see what its machine sees", async () => {
      const asked = await askedBySdk(origin(), (parallel) =>
        parallel.post("/v1beta/tasks/multitask", { body, idempotencyKey: crypto.randomUUID() }),
      )
      expect([...asked.headers.keys()]).toContain("x-stainless-lang")
      const { port } = new URL(origin())
      for (const from of ["https://app.example", `http://127.0.0.1:${Number(port) + 1}`, "null"]) {
        const { response } = await preflight(asked, from)
        expect([response.status, response.headers.get("access-control-allow-origin")]).toEqual([403, null])
        const answer = await product.post(body, { origin: from })
        expect([answer.status, answer.headers.get("access-control-allow-origin")]).toEqual([403, null])
      }
      // Nor by a name of its own that it has made to lead here.
      const rebound = `evil.example:${port}`
      expect(await postUnder(origin(), rebound, { origin: `http://${rebound}` })).toBe(403)
      expect(await postUnder(origin(), `localhost:${port}`, { origin: `http://localhost:${port}` })).toBe(401)
      expect(await postUnder(origin(), rebound, {})).toBe(401)
      expect((await product.post(body, { origin: origin() })).status).toBe(200)
    })

    it("and files say as much of themselves as pages do", async () => {
      const page = await product.get("")
      const file = await product.get("assets/form/form.js")
      const told = ["permissions-policy", "referrer-policy", "x-content-type-options"]
      for (const name of told) expect([name, file.headers.get(name)]).toEqual([name, page.headers.get(name)])
      expect(page.headers.get("permissions-policy")).toContain("camera=()")
      for (const { headers } of [page, file]) expect(headers.get("strict-transport-security")).toBeNull()
    })

    it.each([".json", ".sse", ".csv", "/0.json", ".db", ""])("with the SDK, to read %s", async (rest) => {
      const id = await product.submit(body)
      await expectAllowed(await askedBySdk(origin(), (parallel) => parallel.get(`/${id}${rest}`)))
      const answer = await product.get(`${id}.json`, { origin: "https://app.example", ...TRACING })
      expect([answer.status, answer.headers.get("access-control-allow-origin")]).toEqual([200, "*"])
    })

    it("and so may sheets and agents, by robots.txt, while nobody indexes what they read", async () => {
      const robots = await product.get("robots.txt")
      expect(robots.text).toMatch(/^User-agent: \*$/m)
      expect(robots.text).toMatch(/^Disallow:$/m)
      expect(robots.text).not.toMatch(/^Disallow: *\//m)
      const id = await product.submit(body)
      for (const rest of ["", ".json", ".csv", ".html", "/0.html"]) {
        const { status, headers } = await product.get(`${id}${rest}`)
        expect([rest, status, headers.get("x-robots-tag")]).toEqual([rest, 200, "noindex, nofollow"])
      }
    })

    it("and the SDK has errors as Parallel's own", async () => {
      const parallel = new Parallel({ apiKey: "key", baseURL: origin(), maxRetries: 0 })
      const refused = parallel.post("/v1beta/tasks/multitask", { body: { ...body, inputs: [] } })
      await expect(refused).rejects.toThrow(Parallel.UnprocessableEntityError)
      await expect(refused).rejects.toMatchObject({
        status: 422,
        error: { type: "error", error: { detail: { errors: [{ path: "inputs" }] } } },
      })
    })
  })
}
