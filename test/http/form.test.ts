import { describe, expect, it } from "vitest"
import { readSettings } from "../../src/domain/Settings.ts"
import { loginFor } from "../../src/http/login.ts"
import { formHtml } from "../../src/pages/formHtml.ts"

const loginOf = (env: Record<string, string>) => {
  const read = readSettings(env)
  if (!read.ok) throw new Error(read.problems.join())
  return /data-login="([^"]*)"/.exec(formHtml(loginFor(read.settings)))?.[1]
}

describe("signing in with Parallel", () => {
  it("is offered where the API is Parallel's own", () => {
    expect(loginOf({})).toBe("https://platform.parallel.ai")
  })

  it("is not offered where a real key would go to a stand-in", () => {
    expect(loginOf({ PARALLEL_BASE_URL: "http://127.0.0.1:8788" })).toBe("")
  })

  it("is offered for another API whose operator names a login", () => {
    const env = { PARALLEL_BASE_URL: "http://127.0.0.1:8788", PARALLEL_LOGIN_URL: "http://127.0.0.1:8789" }
    expect(loginOf(env)).toBe("http://127.0.0.1:8789")
  })
})
