import { describe, expect, it } from "vitest"
import { loginFor } from "../../src/http/login.ts"
import { formHtml } from "../../src/pages/formHtml.ts"
import { settingsWith } from "../support/settings.ts"

const loginOf = (changes: Parameters<typeof settingsWith>[0]) =>
  /data-login="([^"]*)"/.exec(formHtml(loginFor(settingsWith(changes))))?.[1]

describe("signing in with Parallel", () => {
  it("is offered where the API is Parallel's own", () => {
    expect(loginOf({})).toBe("https://platform.parallel.ai")
  })

  it("is not offered where a real key would go to a stand-in", () => {
    expect(loginOf({ PARALLEL_BASE_URL: "http://127.0.0.1:8788" })).toBe("")
  })

  it("is offered for another API whose operator names a login", () => {
    const login = "http://127.0.0.1:8789"
    expect(loginOf({ PARALLEL_BASE_URL: "http://127.0.0.1:8788", PARALLEL_LOGIN_URL: login })).toBe(login)
  })
})
