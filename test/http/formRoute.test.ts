import { describe, expect, it } from "vitest"
import { readSettings } from "../../src/domain/Settings.ts"
import { formRoute } from "../../src/http/formRoute.ts"

const loginOf = async (env: Record<string, string>) => {
  const read = readSettings(env)
  if (!read.ok) throw new Error(read.problems.join())
  const page = await formRoute(new Request("https://multitask.example/"), read.settings).text()
  return /data-login="([^"]*)"/.exec(page)?.[1]
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
