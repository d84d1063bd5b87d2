import { beforeAll, describe, expect, it } from "vitest"
import { SERVICE_LINKS } from "../../../src/domain/serviceLinks.ts"
import { expectError, untilEnded } from "../support/expect.ts"
import { create, send, underVariables } from "../support/product.ts"
import { newUpstream } from "../support/upstream.ts"

let id = ""
let activeId = ""

const TYPES = {
  json: "application/json",
  md: "text/markdown",
  html: "text/html",
  sse: "text/event-stream",
} as const
type Format = keyof typeof TYPES

const get = (path: string, headers: Record<string, string> = {}, method = "GET") =>
  send(path, { method, headers })

/** Streams of a group that works do not end by themselves. */
const closed = async (response: Response) => {
  await response.body?.cancel()
  return response
}

beforeAll(async () => {
  const ended = await create(newUpstream())
  id = ended.taskgroup_id
  await untilEnded(id)
  const upstream = newUpstream()
  await upstream.behave({ runs: { duration_ms: [3_600_000, 3_600_000] } })
  activeId = (await create(upstream)).taskgroup_id
})

describe("formats", () => {
  it.each(Object.entries(TYPES))("the extension .%s decides", async (extension, type) => {
    const response = await closed(await get(`/${id}.${extension}`, { accept: "application/xml" }))
    expect(response.status).toBe(200)
    expect(response.headers.get("content-type")).toBe(`${type}; charset=utf-8`)
    expect(response.headers.get("vary")).toBe("Accept")
    expect(response.headers.get("x-robots-tag")).toBe("noindex, nofollow")
    expect(response.headers.get("x-content-type-options")).toBe("nosniff")
    expect(response.headers.get("referrer-policy")).toBe("no-referrer")
    expect(response.headers.get("access-control-allow-origin")).toBe("*")
    expect(response.headers.get("content-security-policy")).not.toBeNull()
  })

  it.each<[accept: string | null, format: Format]>([
    [null, "json"],
    ["*/*", "json"],
    ["application/json", "json"],
    ["application/*", "json"],
    ["text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "html"],
    ["text/markdown", "md"],
    ["text/plain", "md"],
    ["text/event-stream", "sse"],
    ["text/html;q=0.5, text/markdown;q=0.9", "md"],
    ["application/json;q=0, */*", "html"],
    ["application/json;q=0.2, text/event-stream;q=0.3", "sse"],
    ["text/html;q=0.001, image/png", "html"],
    ["nonsense", "json"],
  ])("without one, Accept does: %s is %s", async (accept, format) => {
    const response = await closed(await get(`/${id}`, accept === null ? {} : { accept }))
    expect(response.status).toBe(200)
    expect(response.headers.get("content-type")).toBe(`${TYPES[format]}; charset=utf-8`)
  })

  it.each(["image/png", "application/xml, text/css", "*/*;q=0"])("406: nothing fits %s", async (accept) => {
    await expectError(await get(`/${id}`, { accept }), 406)
  })

  it.each<[spelled: string, type: string]>([
    [".JSON", "application/json"],
    [".Json/", "application/json"],
    ["/", "application/json"],
    [".MD", "text/markdown"],
    [".html/", "text/html"],
    [".JSONL/", "application/jsonl"],
    [".SSE", "text/event-stream"],
    [".DB/?page=console", "text/html"],
    ["/0/", "application/json"],
    ["/0.HTML", "text/html"],
    ["/0.Md/", "text/markdown"],
  ])("takes the address as it is typed: %s", async (spelled, type) => {
    for (const method of ["GET", "HEAD"]) {
      const response = await closed(await get(`/${id}${spelled}`, {}, method))
      expect([response.status, response.headers.get("content-type")]).toEqual([200, `${type}; charset=utf-8`])
    }
  })

  it.each(["json", "jsonl", "md", "html", "sse", "csv"])(".%s names the other formats", async (extension) => {
    const response = await closed(await get(`/${id}.${extension}`))
    const links = response.headers.get("link") ?? ""
    const named = [...links.matchAll(/<\/([^>]+)>; rel="alternate"; type="([^"]+)"/g)]
    expect(new Set(named.map(([, path]) => path))).toEqual(
      new Set(
        ["csv", "html", "json", "jsonl", "md", "sse"]
          .filter((name) => name !== extension)
          .map((name) => `${id}.${name}`),
      ),
    )
    expect(links.split(", ").filter((link) => !link.includes(`rel="alternate"`))).toEqual(SERVICE_LINKS)
    expect(response.headers.get("access-control-expose-headers")).toContain("Link")
    for (const [, path, type] of named)
      expect((await closed(await get(`/${path}`))).headers.get("content-type")).toBe(`${type}; charset=utf-8`)
  })

  it("shows the group in each", async () => {
    const data = await (
      await get(`/${id}.json`)
    ).json<{ results: ReadonlyArray<Record<string, unknown>>; status: object }>()
    expect(data.status).toMatchObject({ is_active: false, task_run_status_counts: { completed: 3 } })
    const ceo = String(data.results[0]?.["ceo_name"])
    const markdown = await (await get(`/${id}.md`)).text()
    expect(markdown).toContain(ceo)
    expect(markdown).toContain(String(data.results[2]?.["$id"]))
    const html = await (await get(`/${id}.html`)).text()
    const injected = /<script[^>]*type="application\/json"[^>]*>(.*?)<\/script>/s.exec(html)?.[1] ?? ""
    expect(injected).toContain(`"taskgroup_id":"${id}"`)
    expect(JSON.parse(injected)).toBeTypeOf("object")
    expect(injected).toContain(ceo)
  })

  it.each(["json", "jsonl", "md", "html"])(
    "many at once get the same .%s as one alone",
    async (extension) => {
      const alone = await (await get(`/${id}.${extension}`)).text()
      const together = await Promise.all(
        Array.from({ length: 12 }, async () => (await get(`/${id}.${extension}`)).text()),
      )
      expect(new Set(together)).toEqual(new Set([alone]))
    },
  )

  it.each(["json", "md", "html", "sse", "db"])("HEAD .%s has the headers and no body", async (extension) => {
    const response = await get(`/${id}.${extension}`, {}, "HEAD")
    expect(response.status).toBe(200)
    expect(await response.text()).toBe("")
    const same = await closed(await get(`/${id}.${extension}`))
    for (const name of [
      "content-type",
      "etag",
      "vary",
      "sunset",
      "cache-control",
      "content-security-policy",
    ]) {
      expect([name, response.headers.get(name)]).toEqual([name, same.headers.get(name)])
    }
  })

  it.each(["", ".json", ".sse", "/0", "/0.md"])("OPTIONS %s tells the methods", async (extension) => {
    const response = await get(
      `/${id}${extension}`,
      { origin: "https://a.example", "access-control-request-method": "GET" },
      "OPTIONS",
    )
    expect(response.status).toBe(204)
    expect(response.headers.get("access-control-allow-origin")).toBe("*")
    const methods = extension === "" ? "GET, HEAD, DELETE, OPTIONS" : "GET, HEAD, OPTIONS"
    expect(response.headers.get("access-control-allow-methods")).toBe(methods)
    expect(response.headers.get("access-control-allow-headers")).toContain("last-event-id")
  })

  it.each<[asked: string | null, allowed: string | RegExp]>([
    [null, /x-api-key/],
    ["", /x-api-key/],
    [
      "x-stainless-os,x-stainless-lang, traceparent,sentry-trace,cache-control",
      "x-stainless-os, x-stainless-lang, traceparent, sentry-trace, cache-control",
    ],
    ["a b, x-ok, c:d, é", "x-ok"],
    [`x-${"a".repeat(200)}`, /x-api-key/],
    [Array.from({ length: 2_000 }, (_, at) => `x-${at}`).join(","), /x-api-key/],
  ])("a preflight may ask for any header, without credentials: %s", async (asked, allowed) => {
    for (const path of [`/${id}.json`, "/v1beta/tasks/multitask", "/"]) {
      const headers = {
        origin: "https://a.example",
        ...(asked !== null && { "access-control-request-headers": asked }),
      }
      // Where private addresses may be asked, others may not send a key: see test/worker/front.test.ts.
      const sendTo = underVariables({ ALLOW_PRIVATE_URLS: "false" })
      const response = await sendTo(path, { method: "OPTIONS", headers })
      const echoed = response.headers.get("access-control-allow-headers") ?? ""
      if (typeof allowed === "string") expect(echoed).toBe(allowed)
      else expect(echoed).toMatch(allowed)
      expect(response.headers.get("vary")).toBe("Access-Control-Request-Headers")
      expect(response.headers.get("access-control-allow-credentials")).toBeNull()
    }
  })

  it.each([
    ["POST", ""],
    ["PUT", ".json"],
    ["DELETE", ".html"],
    ["PATCH", ".sse"],
    ["DELETE", ".db"],
    ["POST", "/0"],
    ["POST", "/"],
    ["PUT", "/0.JSON/"],
  ])("405: %s %s", async (method, extension) => {
    const response = await get(`/${id}${extension}`, {}, method)
    const more = { ".db": "POST, ", "": "DELETE, ", "/": "DELETE, " }[extension] ?? ""
    expect(response.headers.get("allow")).toBe(`GET, HEAD, ${more}OPTIONS`)
    await expectError(response, 405)
  })

  it("an ended group says when it will be gone", async () => {
    const sunset = Date.parse((await closed(await get(`/${id}.json`))).headers.get("sunset") ?? "")
    expect(Math.abs(sunset - Date.now() - 30 * 86_400_000)).toBeLessThan(60_000)
    expect((await closed(await get(`/${activeId}.json`))).headers.get("sunset")).toBeNull()
  })
})

describe("polling", () => {
  it.each(["json", "md", "html"])("costs a 304 when nothing is new (%s)", async (format) => {
    const first = await closed(await get(`/${id}.${format}`))
    const etag = first.headers.get("etag") ?? ""
    expect(etag).toMatch(new RegExp(`^W/"${format}-\\d+-[^"]+"$`))
    expect(first.headers.get("cache-control")).toBe("no-cache")
    for (const header of [etag, etag.slice(2), `"other", ${etag}`, "*"]) {
      const again = await get(`/${id}.${format}`, { "if-none-match": header })
      expect(again.status).toBe(304)
      expect(await again.text()).toBe("")
      expect(again.headers.get("etag")).toBe(etag)
      expect(again.headers.get("vary")).toBe("Accept")
      expect(again.headers.get("access-control-allow-origin")).toBe("*")
    }
    expect(
      (await closed(await get(`/${id}.${format}`, { "if-none-match": `W/"${format}-1-other"` }))).status,
    ).toBe(200)
    expect((await get(`/${id}.${format}`, { "if-none-match": etag }, "HEAD")).status).toBe(304)
  })

  it("has an ETag of its own for each format", async () => {
    const etags = await Promise.all(
      ["json", "md", "html"].map(async (format) =>
        (await closed(await get(`/${id}.${format}`))).headers.get("etag"),
      ),
    )
    expect(new Set(etags).size).toBe(3)
    // The same address in another format is no 304.
    const response = await closed(
      await get(`/${id}`, { accept: "text/html", "if-none-match": etags[0] ?? "" }),
    )
    expect(response.status).toBe(200)
  })

  it("gives a new ETag when something changed", async () => {
    const upstream = newUpstream()
    await upstream.behave({ runs: { duration_ms: [3_600_000, 3_600_000] } })
    const { taskgroup_id } = await create(upstream)
    const before = (await closed(await get(`/${taskgroup_id}.json`))).headers.get("etag") ?? ""
    await upstream.finish(taskgroup_id)
    await untilEnded(taskgroup_id)
    const after = await closed(await get(`/${taskgroup_id}.json`, { "if-none-match": before }))
    expect(after.status).toBe(200)
    expect(after.headers.get("etag")).not.toBe(before)
  })
})
