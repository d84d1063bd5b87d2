import { describe, expect, it } from "vitest"
import { CONSTANTS } from "../../src/domain/Constants.ts"
import { readSettings, Variables } from "../../src/domain/Settings.ts"

const NAMES = Object.keys(Variables.fields)
const NUMBERS = ["MAX_BODY_BYTES", "MAX_INPUTS", "SUBREQUEST_BUDGET"]
const FRACTIONS = NAMES.filter((name) => /_(SECONDS|DAYS|HOURS|SECOND)$/.test(name))
const BASES = ["PARALLEL_BASE_URL", "PARALLEL_LOGIN_URL"]

const settingsOf = (env: Record<string, unknown>) => {
  const read = readSettings(env)
  if (!read.ok) throw new Error(read.problems.join("\n"))
  return read.settings
}

const problemsOf = (env: Record<string, unknown>) => {
  const read = readSettings(env)
  return read.ok ? [] : read.problems
}

const NO_NUMBERS = ["many", "1,5", "5 s", "NaN", "Infinity", "-1", "0", "1e12", true, -1, Number.NaN, {}]
const NO_URLS = ["api.parallel.ai", "javascript:alert(1)", "ftp://a.b", "https://a:b@c.d", 7, true, []]

/** For each variable values that it must not have. */
const WRONG: Readonly<Record<string, ReadonlyArray<unknown>>> = {
  ...Object.fromEntries(NUMBERS.map((name) => [name, [...NO_NUMBERS, "1024.5", 2048.5]])),
  ...Object.fromEntries(FRACTIONS.map((name) => [name, NO_NUMBERS])),
  ...Object.fromEntries(BASES.map((name) => [name, [...NO_URLS, "https://a.b?c", "https://a.b/c#d"]])),
  PUBLIC_ORIGIN: [...NO_URLS, "https://a.b/c", "https://a.b/?c", "https://a.b//", "null"],
  ALLOW_PRIVATE_URLS: ["yes", "TRUE", "1", 1, {}],
  RATE_LIMITS: ["no", "off", "0", 0, {}],
}

describe("the variables", () => {
  it("are about a dozen, each wrong in ways that are tried here", () => {
    expect(NAMES).toHaveLength(13)
    expect(Object.keys(WRONG).toSorted()).toEqual(NAMES.toSorted())
  })

  it.each(NAMES)("%s: every wrong value is told, with what it must be", (name) => {
    for (const value of WRONG[name] ?? []) {
      const problems = problemsOf({ [name]: value })
      expect(problems, JSON.stringify(value)).toHaveLength(1)
      expect(problems[0]).toMatch(new RegExp(`^${name} must be (an? |true or false).*; it is .+$`))
    }
  })

  it("are told all at once, whichever are wrong together", () => {
    for (let round = 0; round < 2 ** NAMES.length; round += 7) {
      const wrong = NAMES.filter((_, at) => (round >> at) & 1)
      const env = wrong.map((name) => [name, WRONG[name]?.[round % WRONG[name].length]] as const)
      const told = problemsOf(Object.fromEntries(env)).map((problem) => problem.split(" ")[0] ?? "")
      expect(told.toSorted()).toEqual(wrong.toSorted())
    }
  })

  it.each(NAMES)("%s: not set, null and blank are the default", (name) => {
    for (const value of [undefined, null, "", " "]) {
      expect(settingsOf({ [name]: value })).toEqual(settingsOf({}))
    }
  })

  it("arrive as text, or as what wrangler.toml makes of its own numbers and booleans", () => {
    expect(settingsOf({ MAX_INPUTS: "7", ALLOW_PRIVATE_URLS: "true" })).toEqual(
      settingsOf({ MAX_INPUTS: 7, ALLOW_PRIVATE_URLS: true }),
    )
    for (const name of FRACTIONS) expect(settingsOf({ [name]: "0.25" })).toMatchObject({ [name]: 0.25 })
  })

  it("lose what is not part of a base URL or an origin", () => {
    expect(settingsOf({ PARALLEL_BASE_URL: " http://127.0.0.1:9/api// " }).PARALLEL_BASE_URL).toBe(
      "http://127.0.0.1:9/api",
    )
    expect(settingsOf({ PUBLIC_ORIGIN: "HTTPS://Multitask.Example:443/" }).PUBLIC_ORIGIN).toBe(
      "https://multitask.example",
    )
  })

  it("show nothing of what may be a secret in the wrong place", () => {
    const secret = "sk-0123456789abcdefghijklmnopqrstuv"
    for (const name of NAMES) {
      for (const value of [
        secret,
        `ftp://user:${secret}@a.b/c`,
        `https://${secret}@a.b`,
        `https://a.b/${secret}?`,
      ]) {
        expect(problemsOf({ [name]: value }).join(), name).not.toContain(secret)
      }
    }
    expect(problemsOf({ PUBLIC_ORIGIN: `https://u:${secret}@a.b:1/c` })[0]).toMatch(
      /it is "https:\/\/…@a\.b:1\/…"$/,
    )
    expect(problemsOf({ MAX_INPUTS: secret })[0]).toMatch(/it is text of 35 characters$/)
  })

  it("leave bindings and other people's variables alone", () => {
    expect(settingsOf({ TASK_GROUP: { get: () => null }, BATCH_SIZE: "0", HOME: "/root" })).toEqual(
      settingsOf({}),
    )
  })
})

describe("the settings", () => {
  it("are the variables and the constants, which no variable can change", () => {
    const settings = settingsOf(Object.fromEntries(Object.keys(CONSTANTS).map((name) => [name, "1"])))
    expect(settings).toMatchObject(CONSTANTS)
    expect(Object.keys(settings).toSorted()).toEqual([...NAMES, ...Object.keys(CONSTANTS)].toSorted())
  })

  it("have other constants where somebody puts others in", () => {
    const read = readSettings({}, { ...CONSTANTS, BATCH_SIZE: 3 })
    expect(read).toMatchObject({ ok: true, settings: { BATCH_SIZE: 3, MAX_INPUTS: 50_000 } })
  })
})
