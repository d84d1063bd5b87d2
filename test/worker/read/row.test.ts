import { beforeAll, describe, expect, it } from "vitest"
import { SERVICE_LINKS } from "../../../src/domain/serviceLinks.ts"
import { expectError, untilEnded } from "../support/expect.ts"
import { companies, create, send } from "../support/product.ts"
import { newUpstream } from "../support/upstream.ts"

const BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

interface Run {
  readonly run_id: string
  readonly input: { readonly company: string }
  readonly output: {
    readonly content: { readonly ceo_name: string | null; readonly employees: string | null }
    readonly basis: ReadonlyArray<{
      readonly reasoning: string
      readonly confidence: string
      readonly citations: ReadonlyArray<{
        url: string
        title: string | null
        excerpts: ReadonlyArray<string>
      }>
    }>
  }
}

let id = ""
let runs: ReadonlyArray<Run> = []
const get = (path: string, headers: Record<string, string> = {}) => send(path, { headers })

beforeAll(async () => {
  id = (await create(newUpstream(), { inputs: companies(12) })).taskgroup_id
  runs = (await untilEnded(id)).runs as unknown as ReadonlyArray<Run>
})

describe("one row by its address", () => {
  it("is the element of runs, by index or by run", async () => {
    for (const index of [0, 7, 11]) {
      for (const path of [
        `/${index}`,
        `/${index}.json`,
        `/${runs[index]?.run_id}`,
        `/${runs[index]?.run_id}.json`,
        `/00${index}`,
      ]) {
        const response = await get(`/${id}${path}`)
        expect([path, response.status]).toEqual([path, 200])
        expect(response.headers.get("content-type")).toBe("application/json; charset=utf-8")
        expect(await response.json()).toEqual(runs[index])
      }
    }
  })

  it.each([
    [BROWSER, "text/html"],
    ["text/markdown", "text/markdown"],
    ["*/*", "application/json"],
  ])("without an extension, Accept decides: %s", async (accept, type) => {
    const response = await get(`/${id}/3`, { accept })
    expect(response.headers.get("content-type")).toBe(`${type}; charset=utf-8`)
    expect(response.headers.get("vary")).toBe("Accept")
    await response.body?.cancel()
    await expectError(await get(`/${id}/3`, { accept: "text/event-stream" }), 406)
  })

  it.each(["12", "12.json", "99999999999999999999", "-1", "trun_unknown", "%00", "%ff", "%F0%9F%92%A9"])(
    "404: there is no row %s, and how many there are",
    async (row) => {
      const { error } = await expectError(await get(`/${id}/${row}`), 404)
      expect(error.message).toMatch(/^This task group has no row .*: it has 12, counted from 0/)
      const page = await get(`/${id}/${row.replace(/\.json$/, "")}`, { accept: BROWSER })
      expect([page.status, page.headers.get("content-type")]).toEqual([404, "text/html; charset=utf-8"])
      expect(await page.text()).toContain("it has 12")
    },
  )

  it("in Markdown says everything about it", async () => {
    const text = await (await get(`/${id}/3.md`)).text()
    const { run_id, input, output } = runs[3]!
    expect(text).toContain("# Row 3 of task group")
    expect(text).toContain("✅ completed")
    for (const part of [run_id, input.company, output.content.ceo_name, output.content.employees])
      expect(text).toContain(part ?? "–")
    for (const { reasoning, citations } of output.basis) {
      expect(text).toContain(`- **Reasoning:** ${reasoning}`)
      for (const { url, title, excerpts } of citations) {
        expect(text).toContain(`](${url})`)
        expect(text).toContain(title ?? url)
        for (const excerpt of excerpts) expect(text).toContain(`“${excerpt}”`)
      }
    }
    expect(text).toContain(`/${id}/2.md)`)
    expect(text).toContain(`/${id}/4.md)`)
    expect(text).toContain(`/${id}.md)`)
    expect(await (await get(`/${id}/0.md`)).text()).not.toContain("previous")
    expect(await (await get(`/${id}/11.md`)).text()).not.toContain("next row")
  })

  it("as a page says the same without a script", async () => {
    const response = await get(`/${id}/3.html`)
    const csp = response.headers.get("content-security-policy") ?? ""
    expect(csp).toContain("default-src 'none'")
    expect(csp).not.toContain("script-src")
    const html = await response.text()
    const { run_id, input, output } = runs[3]!
    expect(html).not.toContain("<script")
    for (const part of [run_id, input.company, output.content.ceo_name]) expect(html).toContain(part ?? "–")
    for (const { reasoning, citations } of output.basis) {
      expect(html).toContain(reasoning)
      for (const { url } of citations)
        expect(html).toContain(`<a href="${url}" rel="noopener noreferrer nofollow"`)
    }
    for (const link of [`/${id}/2.html`, `/${id}/4.html`, `/${id}.html`, `/${id}/3.md`, `/${id}/3.json`])
      expect(html).toContain(`href="${link}"`)
  })

  it.each(["json", "md", "html"])(
    "costs a 304 when the row has not changed (%s), and knows HEAD",
    async (format) => {
      const head = await send(`/${id}/3.${format}`, { method: "HEAD" })
      expect([head.status, await head.text()]).toEqual([200, ""])
      const etag = head.headers.get("etag") ?? ""
      expect((await get(`/${id}/3.${format}`, { "if-none-match": etag })).status).toBe(304)
      expect((await get(`/${id}/4.${format}`, { "if-none-match": etag })).status).toBe(200)
      const links = [...(head.headers.get("link") ?? "").matchAll(/<([^>]+)>; rel="alternate"/g)].map(
        ([, path]) => path,
      )
      expect(new Set(links)).toEqual(
        new Set(
          ["html", "json", "md"].filter((other) => other !== format).map((other) => `/${id}/3.${other}`),
        ),
      )
      expect(head.headers.get("link")?.split(", ")).toEqual(expect.arrayContaining([...SERVICE_LINKS]))
    },
  )

  it("says why it failed", async () => {
    const upstream = newUpstream()
    await upstream.behave({ runs: { failure_rate: 1 } })
    const { taskgroup_id } = await create(upstream)
    const [run] = (await untilEnded(taskgroup_id)).runs
    const { message } = run!["error"] as { message: string }
    expect(await (await get(`/${taskgroup_id}/0.md`)).text()).toContain(`⚠️ ${message}`)
    expect(await (await get(`/${taskgroup_id}/0.html`)).text()).toContain(message)
  })
})
