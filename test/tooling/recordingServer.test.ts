import { connect } from "node:net"
import { text } from "node:stream/consumers"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { startRecordingServer } from "../support/recordingServer.ts"

/** A request as no client would send it: `fetch` writes URLs anew, and names itself. */
const raw = async (url: string, lines: ReadonlyArray<string>, body = "") => {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  const head = [...lines, "Host: x", `Content-Length: ${Buffer.byteLength(body)}`, "Connection: close"]
  socket.write(`${head.join("\r\n")}\r\n\r\n${body}`)
  return text(socket)
}

describe("the recording server", () => {
  let server: Awaited<ReturnType<typeof startRecordingServer>>
  beforeAll(async () => {
    server = await startRecordingServer()
  })
  afterAll(() => server.stop())

  it("keeps path, query, headers and body as they were on the wire", async () => {
    const target = "/a/list.json?d=a%20b&flag&t=~x*('!)&list=a,b:c@d/e;f&lower=%2f"
    await raw(server.url, [`POST ${target} HTTP/1.1`, "X-A: 1", "x-a: 2"], '{"n": 738529527931269425}')
    expect(await server.requests("/a/")).toEqual([
      {
        method: "POST",
        target,
        headers: expect.objectContaining({ "x-a": "1, 2", host: "x" }),
        body: '{"n": 738529527931269425}',
        answered: 200,
      },
    ])
    expect(await server.requests("/b/")).toEqual([])
  })

  it("answers bytes, statuses and redirects as told, the last one for good", async () => {
    const bytes = Buffer.from([0xff, 0xfe, 0x5b, 0x00])
    await server.answer(
      "/c",
      { location: "/d?x='(a b)" },
      { status: 503, headers: { "retry-after": "1" } },
      { body_base64: bytes.toString("base64"), content_type: "application/json; charset=utf-16" },
    )
    expect(await raw(server.url, ["GET /c?q HTTP/1.1"])).toMatch(
      /^HTTP\/1.1 302 .*location: \/d\?x='\(a b\)\r/s,
    )
    expect((await fetch(`${server.url}/c`)).headers.get("retry-after")).toBe("1")
    for (const _ of [1, 2]) {
      const last = await fetch(`${server.url}/c`)
      expect(last.headers.get("content-type")).toBe("application/json; charset=utf-16")
      expect(Buffer.from(await last.arrayBuffer())).toEqual(bytes)
    }
  })

  it("turns away who does not say what it is, where told to", async () => {
    await server.answer("/e", { needs_user_agent: true, body: "[]" })
    expect(await raw(server.url, ["GET /e HTTP/1.1"])).toMatch(/^HTTP\/1.1 403 /)
    expect(await (await fetch(`${server.url}/e`, { headers: { "user-agent": "me/1" } })).text()).toBe("[]")
    expect((await server.requests("/e")).map(({ answered }) => answered)).toEqual([403, 200])
  })
})
