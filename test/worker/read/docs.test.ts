import { env } from "cloudflare:workers"
import { describe, expect, it } from "vitest"
import { ORIGIN, send, underVariables } from "../support/product.ts"

const PAGES: ReadonlyArray<readonly [path: string, type: string]> = [
  ["/docs", "text/html; charset=utf-8"],
  ["/docs.md", "text/markdown; charset=utf-8"],
]

const textOf = async (response: Response) => {
  expect(response.status).toBe(200)
  return response.text()
}

/** Addresses in it, of whatever scheme; what was cut off at a blank or a mark is of no interest here. */
const originsIn = (text: string) =>
  new Set([...text.matchAll(/https?:\/\/[^/\s"'`<>()|&#]+/g)].map(([origin]) => origin))

/** Sites of others that the text speaks of. */
const OTHERS = [
  "https://docs.parallel.ai",
  "https://platform.parallel.ai",
  "https://cursor.com",
  "https://insiders.vscode.dev",
  // A source, in an example.
  "https://stripe.com",
]

describe.each(PAGES)("%s", (path, type) => {
  it("is served with its type, is asked about again, and costs a 304 when it is the same", async () => {
    const response = await send(path)
    expect(response.headers.get("content-type")).toBe(type)
    expect(response.headers.get("cache-control")).toBe("no-cache")
    expect(response.headers.get("x-robots-tag")).toContain("noindex")
    const etag = response.headers.get("etag") ?? ""
    expect(etag).toMatch(/^"[0-9a-f]{64}"$/)
    expect((await response.text()).length).toBeGreaterThan(5_000)
    const again = await send(path, { headers: { "if-none-match": etag } })
    expect([again.status, await again.text()]).toEqual([304, ""])
    const head = await send(path, { method: "HEAD" })
    expect([head.status, head.headers.get("etag"), await head.text()]).toEqual([200, etag, ""])
    const wrong = await send(path, { method: "POST" })
    expect([wrong.status, wrong.headers.get("allow")]).toEqual([405, "GET, HEAD, OPTIONS"])
    await wrong.text()
  })

  it("carries the origin that it is asked at, and no other", async () => {
    const text = await textOf(await send(path))
    expect(text).toContain(`${ORIGIN}/v1beta/tasks/multitask`)
    expect(text).not.toContain("{{")
    const others = [...originsIn(text)].filter((origin) => origin !== ORIGIN && !isExample(origin))
    expect(others.filter((origin) => !OTHERS.includes(origin))).toEqual([])
  })

  it("carries PUBLIC_ORIGIN where there is one, whatever it was asked as", async () => {
    const PUBLIC_ORIGIN = "https://lists.example"
    for (const asked of ["http://inside:8080", `http://x"onmouseover=alert(1)'.example`]) {
      const text = await textOf(await underVariables({ PUBLIC_ORIGIN }, asked)(path))
      expect(text).toContain(`${PUBLIC_ORIGIN}/mcp`)
      expect(text).not.toContain(new URL(asked).host)
      const config = /install-mcp\?name=multitask&(?:#38;|amp;)?config=([\w%]+)/.exec(text)?.[1] ?? ""
      expect(JSON.parse(atob(decodeURIComponent(config)))).toEqual({ url: `${PUBLIC_ORIGIN}/mcp` })
    }
  })

  it("is not made of a Host header that is no host name", async () => {
    const response = await underVariables({}, `http://x"onmouseover=alert(1)'.example`)(path)
    expect(response.status).toBe(400)
    expect(await response.text()).not.toContain("onmouseover")
  })
})

/** Of the examples: what a person would put there. */
const isExample = (origin: string) => /[/.](?:example|example\.com)$/.test(origin)

it("the page runs only this deployment's scripts, and loads nothing else but fonts", async () => {
  const response = await send("/docs")
  const policy = response.headers.get("content-security-policy") ?? ""
  expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'")
  expect(policy).toContain("require-trusted-types-for 'script'")
  const html = await response.text()
  expect(html).not.toMatch(/<script(?![^>]*\ssrc="\/assets\/)|<style|\sstyle=|\son\w+=/)
  const loaded = [...html.matchAll(/<(?:script|img|link)\b[^>]*?\b(?:src|href)="([^"]+)"/g)]
  expect(loaded.length).toBeGreaterThan(4)
  for (const [, address = ""] of loaded) expect(address).toMatch(/^\/[\w.-]/)
})

it("links lead somewhere: to headings of the page, and to what is served", async () => {
  const html = await textOf(await send("/docs"))
  const ids = [...html.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id)
  expect(new Set(ids).size).toBe(ids.length)
  const links = [...html.matchAll(/<(?:a|link|script|img)\b[^>]*?\b(?:src|href)="([^"]+)"/g)].map(
    ([, address = ""]) => address,
  )
  const dead: Array<string> = []
  for (const link of new Set(links)) {
    const [address = "", anchor] = link.split("#", 2)
    if (address === "") {
      if (!ids.includes(anchor)) dead.push(link)
      continue
    }
    const { origin, pathname } = new URL(address, ORIGIN)
    if (origin !== ORIGIN) continue
    const isFile = pathname.startsWith("/assets/") || pathname === "/favicon.svg"
    const response = isFile ? await env.ASSETS.fetch(`${ORIGIN}${pathname}`) : await send(pathname)
    await response.body?.cancel()
    if (response.status !== 200) dead.push(`${link} (${response.status})`)
  }
  expect(dead).toEqual([])
})

it("the form, and a page that says what is wrong, lead to it", async () => {
  const form = await textOf(await send("/"))
  const anchors = [...form.matchAll(/href="\/docs(?:#([\w-]+))?"/g)].map(([, anchor]) => anchor)
  const html = await textOf(await send("/docs"))
  expect(anchors.length).toBeGreaterThan(1)
  for (const anchor of anchors) if (anchor) expect(html).toContain(` id="${anchor}"`)
  const missing = await send("/tgrp_00000000000000000000", { headers: { accept: "text/html" } })
  expect(await missing.text()).toContain('href="/docs"')
})
