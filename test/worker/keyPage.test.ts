import { describe, expect, it } from "vitest"
import { send } from "./support/product.ts"

const policyOf = async (path: string) => {
  const response = await send(path, { headers: { accept: "text/html" } })
  expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"])
  return {
    policy: (response.headers.get("content-security-policy") ?? "").split("; "),
    page: await response.text(),
  }
}

describe("the key's page", () => {
  it("runs no foreign script, and names the one that its frame loads", async () => {
    const { policy, page } = await policyOf("/")
    expect(policy).toEqual(
      expect.arrayContaining([
        "script-src 'self'",
        "style-src 'self'",
        "frame-src 'self'",
        "frame-ancestors 'none'",
      ]),
    )
    expect(policy.join()).not.toMatch(/unsafe|tailwind/)
    expect(page).toContain("https://cdn.tailwindcss.com")
    for (const [script] of page.matchAll(/<script[^>]*>/g)) expect(script).toContain(' src="/assets/')
    expect(page).toMatch(/<iframe id="tailwind" data-page="\/form\/tailwind" [^>]*sandbox="allow-scripts"/)
  })

  it("frames a document without an origin, which nobody else may frame, and whose script is what its hash says", async () => {
    const { policy, page } = await policyOf("/form/tailwind")
    const script = /<script>([^]*?)<\/script>/.exec(page)?.[1] ?? ""
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(script))
    const hash = btoa(String.fromCharCode(...new Uint8Array(digest)))
    expect(policy).toEqual([
      "sandbox allow-scripts",
      "default-src 'none'",
      `script-src https://cdn.tailwindcss.com 'sha256-${hash}'`,
      "style-src 'unsafe-inline'",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'self'",
    ])
    expect(page).toContain('<script src="https://cdn.tailwindcss.com"></script>')
  })
})
