import { describe, expect, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { checkOutboundUrl } from "../../src/domain/OutboundUrl.ts"

const allowed = (url: string | URL, allowPrivate = false): boolean =>
  typeof checkOutboundUrl(url, { allowPrivate }) !== "string"

const v4 = (address: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".")

const hosts = (text: string): ReadonlyArray<string> => text.trim().split(/\s+/)

const PUBLIC = hosts(`
  example.com/a?b=c#d example.com:8443 EXAMPLE.com localhost.example.com internal.example.org mylocal.dev münchen.example
  8.8.8.8 1.1.1.1 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.1 172.15.255.255
  172.32.0.0 192.167.1.1 192.169.0.0 198.17.255.255 198.20.0.0 223.255.255.255
  [2606:4700:4700::1111] [2001:4860:4860::8888] [2001:200::1] [2002:808:808::1] [64:ff9b::8.8.8.8]
`).map((host) => `https://${host}`)

const LOCAL = hosts(`
  localhost LOCALHOST %6cocalhost ⓛocalhost foo.localhost printer.local local db.internal metadata.google.internal
  router.home.arpa home.arpa localhost.localdomain intranet com
  localhost. example.com. 127.0.0.1. a..example.com .example.com
  127.0.0.1 127.1 2130706433 0x7f.1 0x7f000001 017700000001 0177.0.0.1 １２７.0.0.1
  0.0.0.0 0 10.1.2.3 100.64.0.1 100.127.255.255 169.254.169.254 172.16.0.1 172.31.255.255 192.168.0.1 192.0.0.1
  192.0.2.1 192.88.99.1 198.18.0.1 198.19.255.255 198.51.100.7 203.0.113.9
  224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255
  [::1] [::] [0:0:0:0:0:0:0:1] [fc00::1] [fdff::1] [fe80::1] [febf::1] [fec0::1] [ff02::1] [100::1] [4000::1]
  [::ffff:127.0.0.1] [::ffff:10.0.0.1] [::ffff:7f00:1] [::ffff:0:127.0.0.1] [::127.0.0.1]
  [64:ff9b::127.0.0.1] [64:ff9b::a00:1] [64:ff9b:1::1] [2002:7f00:1::] [2002:c0a8:101::1]
  [2001:db8::1] [2001::1] [2001:2::1] [2001:10::1] [3fff::1]
`).map((host) => `https://${host}/x`)

describe("checkOutboundUrl", () => {
  it.each(PUBLIC)("allows %s", (url) => {
    expect(allowed(url)).toBe(true)
    expect(allowed(new URL(url))).toBe(true)
  })

  it.each(LOCAL)("refuses %s, unless private addresses are allowed", (url) => {
    expect(allowed(url)).toBe(false)
    expect(allowed(url, true)).toBe(true)
  })

  it("says what is wrong with the host", () => {
    const reason = (host: string) => checkOutboundUrl(`https://${host}/?sig=s3cret`, { allowPrivate: false })
    expect(reason("example.com.")).toMatch(/ends with a dot/)
    expect(reason("a..example.com")).toMatch(/empty part/)
    expect(reason("intranet")).toMatch(/without a domain/)
    expect(reason("db.internal")).toMatch(/local name/)
    expect(reason("10.0.0.1")).toMatch(/reserved address/)
    expect(reason("10.0.0.1")).not.toContain("s3cret")
  })

  it("allows plain http with private addresses only", () => {
    expect(allowed("http://example.com")).toBe(false)
    expect(allowed("http://localhost:8787/hook", true)).toBe(true)
  })

  it.each([
    "ftp://example.com",
    "javascript:alert(1)",
    "data:,[]",
    "file:///etc/passwd",
    "example.com",
    "",
    "//x.com",
  ])("refuses %s always", (url) => {
    expect(allowed(url)).toBe(false)
    expect(allowed(url, true)).toBe(false)
  })

  it("refuses credentials always, and does not repeat them", () => {
    for (const url of [
      "https://user@example.com",
      "https://:pass@example.com",
      "https://user:s3cret@example.com/?sig=s3cret",
    ]) {
      for (const allowPrivate of [true, false]) {
        const reason = checkOutboundUrl(url, { allowPrivate })
        expect(reason).toMatch(/user name or password/)
        expect(reason).not.toContain("s3cret")
      }
    }
  })

  const href = (url: string) => {
    const checked = checkOutboundUrl(url, { allowPrivate: false })
    return typeof checked === "string" ? checked : checked.href
  }

  it.each([
    "https://example.com/p?d=a%20b&flag&t=~x*(!)&list=a,b:c@d/e;f&lower=%2f",
    "https://example.com/p?",
    "https://example.com/p;a=1,2//b?a=&b&&c==1&",
    "https://example.com/%41%7e?%41%7e+%2B=%zz%",
    "https://example.com/p??a=?b`{}|^[]\\",
    "https://b.s3.example.com/k?X-Amz-Credential=A%2F20260101%2Fus&X-Amz-Signature=0a&x-id=GetObject",
  ])("leaves %s as it is", (url) => {
    expect(href(url)).toBe(url)
    expect(href(` ${url}\n`)).toBe(url)
  })

  it.each([
    ["https://example.com/a b?c d", "https://example.com/a%20b?c%20d"],
    ["https://example.com/é?ü='\"<>", "https://example.com/%C3%A9?%C3%BC=%27%22%3C%3E"],
  ])("percent-encodes what a request cannot hold: %s", (url, sent) => {
    expect(href(url)).toBe(sent)
  })

  it.each([
    ["https://example.com/a\\b", /backslash/],
    ["https://example.com\\a", /backslash/],
    ["https://example.com/?a\tb", /U\+0009.*%09/],
    ["https://exam\nple.com/", /U\+000A/],
    ["https://example.com/\u007f", /U\+007F/],
    ["https://example.com/?\u0085", /U\+0085.*%C2%85/],
    ["\u0000https://example.com/", /U\+0000/],
    ["https://example.com/?\ud800", /surrogate/],
  ])("names the character of %j that would be dropped or replaced", (url, reason) => {
    expect(href(url)).toMatch(reason)
  })

  const typed = Schema.String.check(Schema.isPattern(/^[!$-&(-;=?-Z_a-z~]*$/))
  it.prop("asks exactly what was sent, whatever the query", [typed], ([text]) => {
    const url = `https://example.com/p?${text}`
    expect(href(url)).toBe(url)
  })

  it.prop("an IPv4 address is judged alike in every textual form", [Schema.Int], ([int]) => {
    const address = Math.abs(int) % 2 ** 32
    const forms = [v4(address), String(address), `0x${address.toString(16)}`, `0${address.toString(8)}`]
    const verdicts = forms.map((form) => allowed(`https://${form}/`))
    expect(new Set(verdicts).size).toBe(1)
    // NAT64 and 6to4 lead to the IPv4 address they hold
    const [high, low] = [Math.floor(address / 65_536).toString(16), (address % 65_536).toString(16)]
    expect(allowed(`https://[64:ff9b::${high}:${low}]/`)).toBe(verdicts[0])
    expect(allowed(`https://[2002:${high}:${low}::]/`)).toBe(verdicts[0])
    expect(allowed(`https://[::ffff:${high}:${low}]/`)).toBe(false)
  })

  it.prop("never throws, whatever the text", [Schema.String], ([text]) => {
    for (const url of [text, `https://${text}`, `https://[${text}]/`])
      checkOutboundUrl(url, { allowPrivate: false })
  })
})
