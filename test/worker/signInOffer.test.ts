import { describe, expect, it } from "vitest"
import { readSettings } from "../../src/domain/Settings.ts"
import { handle, type HandlerContext } from "../../src/http/handle.ts"

const at = (env: Record<string, string>) => {
  const read = readSettings(env)
  if (!read.ok) throw new Error(read.problems.join())
  const context = { settings: read.settings } as HandlerContext
  return (path: string, method = "GET") =>
    handle(new Request(`https://multitask.example${path}`, { method }), context)
}

/** What the form offers, and what there is at the place where the login sends people back to. */
const loginOf = async (env: Record<string, string>) => {
  const ask = at(env)
  const page = await (await ask("/")).text()
  const login = /data-login="([^"]*)"/.exec(page)?.[1]
  for (const [method, status] of [
    ["GET", 200],
    ["HEAD", 200],
    ["OPTIONS", 204],
    // Not sent by a page of ours.
    ["POST", 403],
  ] as const)
    expect((await ask("/callback", method)).status).toBe(login === "" ? 404 : status)
  return login
}

describe("signing in with Parallel", () => {
  it("is offered where the API is Parallel's own", async () => {
    expect(await loginOf({})).toBe("https://platform.parallel.ai")
  })

  it("is not offered where a real key would go to a stand-in", async () => {
    expect(await loginOf({ PARALLEL_BASE_URL: "http://127.0.0.1:8788" })).toBe("")
  })

  it("is offered for another API whose operator names a login", async () => {
    const env = { PARALLEL_BASE_URL: "http://127.0.0.1:8788", PARALLEL_LOGIN_URL: "http://127.0.0.1:8789" }
    expect(await loginOf(env)).toBe("http://127.0.0.1:8789")
  })
})
