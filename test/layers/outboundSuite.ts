import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import { InputsLoaderHttp } from "../../src/layers/InputsLoaderHttp.ts"
import { WebhookSenderHttp } from "../../src/layers/WebhookSenderHttp.ts"
import { USER_AGENT } from "../../src/domain/Product.ts"
import { InputsLoader } from "../../src/services/InputsLoader.ts"
import { Settings } from "../../src/services/Settings.ts"
import { WebhookSender } from "../../src/services/WebhookSender.ts"
import type { Answer, RecordingServer } from "../support/recording.ts"
import { settingsWith } from "../support/settings.ts"

const settings = settingsWith({ ALLOW_PRIVATE_URLS: true, MAX_BODY_BYTES: 50_000 })
const layer = Layer.mergeAll(InputsLoaderHttp, WebhookSenderHttp).pipe(
  Layer.provide([FetchHttpClient.layer, Layer.succeed(Settings, settings)]),
)

/** The rows, else what is wrong with them, or why there are none. */
const load = (url: string) =>
  Effect.gen(function* () {
    const loader = yield* InputsLoader
    const loaded = yield* Effect.result(loader.load(new URL(url)))
    if (Result.isFailure(loaded)) return loaded.failure
    const { collector, problems } = loaded.success
    const { texts } = collector.finish(false)
    return problems.count > 0 ? problems.list("inputs") : texts
  }).pipe(Effect.provide(layer), Effect.runPromise)

const call = (url: string) =>
  Effect.flatMap(WebhookSender, (sender) =>
    sender.send({ url: Redacted.make(url), secret: null, id: "msg_1", body: "{}" }),
  ).pipe(Effect.provide(layer), Effect.runPromise)

const base64 = (bytes: Uint8Array) => btoa(String.fromCharCode(...bytes))
const latin1 = (text: string) => base64(Uint8Array.from(text, (char) => char.charCodeAt(0)))
const utf16 = (text: string, isBig = false) => {
  const units = [...Array(text.length).keys()].map((at) => text.charCodeAt(at))
  return base64(
    Uint8Array.from(units.flatMap((unit) => (isBig ? [unit >> 8, unit & 255] : [unit & 255, unit >> 8]))),
  )
}
const gzip = async (text: string) => {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"))
  return base64(new Uint8Array(await new Response(stream).arrayBuffer()))
}

const SIGNED = "?d=a%20b&flag&t=~x*(!)&list=a,b:c@d/e;f&lower=%2f&e=&&==&p=%zz%+[]{}|^`\\"
const ROWS = ['{"city":"Köln","n":"1"}']

const read: ReadonlyArray<readonly [string, string, Answer]> = [
  ["JSON", "/a", { body: ' [ {"city":"Köln", "n":"1"} ]', content_type: "application/json" }],
  ["JSON without a type", "/a", { body: '[{"city":"Köln","n":"1"}]' }],
  ["JSON Lines", "/a", { body: '{"city":"Köln","n":"1"}\n', content_type: "application/x-ndjson" }],
  [
    "JSON Lines by the path",
    "/a.jsonl",
    { body: '{"city":"Köln","n":"1"}', content_type: "binary/octet-stream" },
  ],
  ["CSV", "/a", { body: "city,n\r\nKöln,1\r\n", content_type: "text/csv; charset=utf-8" }],
  ["CSV with semicolons by the path", "/a.csv", { body: "\ufeffcity;n\nKöln;1", content_type: "text/plain" }],
  ["TSV", "/a", { body: "city\tn\nKöln\t1", content_type: "text/tab-separated-values" }],
  [
    "Latin-1",
    "/a",
    { body_base64: latin1("city,n\nK\u00f6ln,1"), content_type: "text/csv; charset=ISO-8859-1" },
  ],
  ["UTF-16 with a mark", "/a", { body_base64: utf16("\ufeffcity\tn\nKöln\t1") }],
  [
    "UTF-16 that says so",
    "/a",
    {
      body_base64: utf16('[{"city":"Köln","n":"1"}]', true),
      content_type: "application/json; charset=utf-16be",
    },
  ],
  ["our own CSV", "/a.csv", { body: "\ufeff$id,$status,city,n,$error\r\ntrun_1,failed,Köln,1,'=why\r\n" }],
]

const refused: ReadonlyArray<readonly [string, Answer, RegExp, string | null]> = [
  [
    "a login page",
    { body: "<!doctype html>\n<p>Log\u00a0in", content_type: "text/html" },
    /status 200, text\/html.* page of HTML.* login/,
    "<!doctype html>\\u000a<p>Log\u00a0in",
  ],
  [
    "an error as JSON",
    { body: '{"error":"no table"}', content_type: "application/json" },
    /one JSON object/,
    '{"error":"no table"}',
  ],
  [
    "a wrapper",
    { body: '{"next":null,"data":[{"a":1}]}' },
    /no content type.*"data" is one/,
    '{"next":null,"data":[{"a":1}]}',
  ],
  ["broken JSON", { body: '[{"a":1},\n{"a":]' }, /error at line 2, column 6/, '[{"a":1},\\u000a{"a":]'],
  [
    "Latin-1 that says nothing",
    { body_base64: latin1("a,b\nK\u00f6ln,1") },
    /not valid utf-8 at byte 5 .*charset=/,
    "a,b\\u000aK\ufffdln,1",
  ],
  [
    "an unknown charset",
    { body: "a,b\n1,2", content_type: "text/csv; charset=utf-7" },
    /charset "utf-7"/,
    "a,b\\u000a1,2",
  ],
  [
    "an unknown encoding",
    { body: "a,b\n1,2", headers: { "content-encoding": "compress" } },
    /encoding "compress"/,
    null,
  ],
  ["a sentence", { body: "Not found" }, /neither JSON nor a table/, "Not found"],
  ["nothing", { body: "" }, /is empty/, null],
  ["no content", { status: 204 }, /is empty/, null],
  ["a long text", { body: `x${"\u202e".repeat(200)}` }, /neither/, `x${"\\u202e".repeat(79)}…`],
  [
    "depth",
    { body: `[{"a":1},{"a":${"[".repeat(70)}` },
    /64 levels deep at inputs\[1\]\.a/,
    expect.any(String),
  ],
  ["too much", { body: `[${"1,".repeat(30_000)}1]` }, /more than 50000 bytes/, null],
  ["a refusal", { status: 403, body: "[]" }, /status 403; it must answer 200/, null],
]

/** Of calls to addresses that callers choose, in the runtime that runs this: they go over a real connection. */
export const outboundSuite = (runtime: string, server: () => RecordingServer): void => {
  /** A directory of its own for each test. */
  let tests = 0
  const place = () => `/${runtime}-${++tests}`

  describe(`outgoing calls in ${runtime}`, () => {
    it("asks for inputs byte for byte, and says who asks", async () => {
      const path = place()
      await server().answer(path, { body: '[{"a":1}]', needs_user_agent: true })
      expect(await load(`${server().url}${path}${SIGNED}#part`)).toEqual(['{"a":1}'])
      expect(await server().requests(path)).toEqual([
        expect.objectContaining({
          method: "GET",
          target: `${path}${SIGNED}`,
          headers: expect.objectContaining({
            "user-agent": USER_AGENT,
            accept: expect.stringMatching(/csv.*\*\/\*/),
          }),
        }),
      ])
    })

    it("follows redirects byte for byte", async () => {
      const dir = place()
      await server().answer(`${dir}/a`, { location: `b${SIGNED}` })
      await server().answer(`${dir}/b`, { location: `${server().url}${dir}/c'(;,?'`, status: 307 })
      await server().answer(`${dir}/c'(;,`, { location: `${dir}/d?Ã©`, status: 301 })
      await server().answer(`${dir}/d`, { body: '[{"a":1}]' })
      expect(await load(`${server().url}${dir}/a`)).toEqual(['{"a":1}'])
      expect((await server().requests(dir)).map(({ target }) => target.slice(dir.length))).toEqual([
        "/a",
        `/b${SIGNED}`,
        // What a request line cannot hold is encoded. The header's last two bytes are é in UTF-8.
        "/c'(;,?%27",
        "/d?%C3%A9",
      ])
    })

    it.each([
      ["a file", "file:///etc/passwd", /not allowed: it must begin with/],
      ["a backslash", "\\b", /not allowed: it must not contain a backslash/],
      ["a tab within", "a\tb", /U\+0009/],
      ["itself", "./", /redirects more than 5/],
    ])("does not follow a redirect to %s", async (_, location, message) => {
      const dir = place()
      await server().answer(`${dir}/`, { location })
      expect(await load(`${server().url}${dir}/`)).toMatchObject({ message: expect.stringMatching(message) })
    })

    it.runIf(runtime === "workerd")("does not follow a redirect in bytes that are no text", async () => {
      const dir = place()
      await server().answer(`${dir}/`, { location: "/\u00e9" })
      const message = expect.stringMatching(/usable Location/)
      expect(await load(`${server().url}${dir}/`)).toMatchObject({ message })
    })

    it.each(read)("reads %s", async (_, name, answer) => {
      const dir = place()
      await server().answer(dir + name, answer)
      expect(await load(`${server().url}${dir}${name}?x`)).toEqual(ROWS)
    })

    it("reads what is packed", async () => {
      const dir = place()
      const headers = { "content-encoding": "gzip" }
      await server().answer(`${dir}/a`, { body_base64: await gzip('[{"city":"Köln","n":"1"}]'), headers })
      expect(await load(`${server().url}${dir}/a`)).toEqual(ROWS)
      await server().answer(`${dir}/a`, { body_base64: await gzip(`[${" ".repeat(60_000)}{}]`), headers })
      expect(await load(`${server().url}${dir}/a`)).toMatchObject({ kind: "too_large" })
    })

    it.each(refused)("refuses %s", async (_, answer, message, excerpt) => {
      const dir = place()
      await server().answer(`${dir}/a`, answer)
      const error = await load(`${server().url}${dir}/a`)
      expect(error).toMatchObject({ message: expect.stringMatching(message), excerpt })
      expect((error as Error).message).not.toContain(server().url)
    })

    it("names the rows that are wrong", async () => {
      const dir = place()
      await server().answer(`${dir}/a.csv`, { body: "a,b\n1,2\n1,2,3\n" })
      expect(await load(`${server().url}${dir}/a.csv`)).toMatchObject([{ path: "inputs[1]" }])
    })

    it("calls webhooks byte for byte, and says who calls", async () => {
      const path = place()
      await server().answer(path, { needs_user_agent: true })
      expect(await call(`${server().url}${path}${SIGNED}`)).toBe("accepted")
      expect(await server().requests(path)).toEqual([
        expect.objectContaining({
          method: "POST",
          target: `${path}${SIGNED}`,
          body: "{}",
          headers: expect.objectContaining({ "user-agent": USER_AGENT }),
        }),
      ])
    })
  })
}
