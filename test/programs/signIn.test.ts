import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as TestClock from "effect/testing/TestClock"
import { DEFAULT_LOGIN_URL } from "../../src/domain/Settings.ts"
import { LoginProviderHttp } from "../../src/layers/LoginProviderHttp.ts"
import { signIn } from "../../src/programs/signIn.ts"
import { type CodeGrant, LoginProvider, LoginRefused } from "../../src/services/LoginProvider.ts"
import { Settings } from "../../src/services/Settings.ts"
import { settingsWith } from "../support/settings.ts"

const VERIFIER = "v".repeat(43)
const KEY = "key-of-the-test"

/** A provider that remembers what it was asked. */
const providerWith = (answer: ReturnType<LoginProvider["Service"]["exchange"]>) => {
  const grants: Array<CodeGrant> = []
  const layer = Layer.succeed(
    LoginProvider,
    LoginProvider.of({
      exchange: (grant) =>
        Effect.suspend(() => {
          grants.push(grant)
          return answer
        }),
    }),
  )
  return { grants, layer }
}

describe("signIn", () => {
  it.effect.each<[origin: string, clientId: string]>([
    ["https://multitask.example", "multitask.example"],
    ["http://localhost:8787", "localhost"],
    ["http://127.0.0.1:8787", "127.0.0.1"],
  ])("names %s to the provider by its host, and itself as the way back", ([origin, clientId]) =>
    Effect.gen(function* () {
      const { grants, layer } = providerWith(Effect.succeed(Redacted.make(KEY)))
      const key = yield* signIn({
        body: { code: "the code", code_verifier: VERIFIER, more: 1 },
        origin,
      }).pipe(Effect.provide(layer))
      expect(Redacted.value(key)).toBe(KEY)
      expect(grants).toHaveLength(1)
      const [grant] = grants
      expect(grant && Redacted.value(grant.code)).toBe("the code")
      expect(grant && Redacted.value(grant.codeVerifier)).toBe(VERIFIER)
      expect(grant).toMatchObject({ clientId, redirectUri: `${origin}/callback` })
      // What is wrapped does not show when somebody prints it.
      expect(JSON.stringify([key, grants])).not.toMatch(/key-of-the-test|the code|vvv/)
    }),
  )

  it.effect.each<[body: unknown, paths: ReadonlyArray<string>]>([
    [null, [""]],
    ["text", [""]],
    [[], [""]],
    [{}, ["code", "code_verifier"]],
    [JSON.parse('{"__proto__":{"code":"a","code_verifier":"b"}}'), ["code", "code_verifier"]],
    [{ code: "c", code_verifier: "v".repeat(42) }, ["code_verifier"]],
    [{ code: "c", code_verifier: "v".repeat(129) }, ["code_verifier"]],
    [{ code: "c", code_verifier: `${VERIFIER} ` }, ["code_verifier"]],
    [{ code: "c\r\n", code_verifier: VERIFIER }, ["code"]],
    [{ code: "c".repeat(4_097), code_verifier: VERIFIER }, ["code"]],
  ])("asks nobody about %j", ([body, paths]) =>
    Effect.gen(function* () {
      const { grants, layer } = providerWith(Effect.succeed(Redacted.make(KEY)))
      const error = yield* signIn({ body, origin: "https://multitask.example" }).pipe(
        Effect.provide(layer),
        Effect.flip,
      )
      expect(error._tag).toBe("InvalidSignIn")
      expect(error._tag === "InvalidSignIn" && error.problems.map(({ path }) => path)).toEqual(paths)
      expect(grants).toEqual([])
    }),
  )

  it.effect("passes a refusal on", () =>
    Effect.gen(function* () {
      const refused = new LoginRefused({ error: "invalid_grant", description: "too old" })
      const { grants, layer } = providerWith(Effect.fail(refused))
      const error = yield* signIn({
        body: { code: "c", code_verifier: VERIFIER },
        origin: "https://multitask.example",
      }).pipe(Effect.provide(layer), Effect.flip)
      expect(error).toBe(refused)
      expect(grants).toHaveLength(1)
    }),
  )
})

/** The HTTP layer under virtual time, with the network replaced. */
const overHttp = (respond: (url: string) => Effect.Effect<Response>) => {
  const client = HttpClient.make((request) =>
    Effect.map(respond(request.url), (response) => HttpClientResponse.fromWeb(request, response)),
  )
  return LoginProviderHttp.pipe(
    Layer.provide(
      Layer.mergeAll(Layer.succeed(Settings, settingsWith()), Layer.succeed(HttpClient.HttpClient, client)),
    ),
  )
}

const exchange = signIn({
  body: { code: "c", code_verifier: VERIFIER },
  origin: "https://multitask.example",
})

describe("LoginProviderHttp", () => {
  it.effect("waits 15 seconds by default, and not longer", () =>
    Effect.gen(function* () {
      const urls: Array<string> = []
      const layer = overHttp((url) => {
        urls.push(url)
        return Effect.never
      })
      const fiber = yield* exchange.pipe(Effect.provide(layer), Effect.flip, Effect.forkChild)
      yield* TestClock.adjust("14 seconds")
      expect(fiber.pollUnsafe()).toBeUndefined()
      yield* TestClock.adjust("1 second")
      expect(yield* Fiber.join(fiber)).toMatchObject({ _tag: "LoginUnavailable", timedOut: true })
      expect(urls).toEqual([`${DEFAULT_LOGIN_URL}/getKeys/token`])
    }),
  )

  it.effect.each([
    ["not JSON", () => new Response("<html>", { status: 200 })],
    ["an empty key", () => Response.json({ access_token: "" })],
    ["a key with a space", () => Response.json({ access_token: "a b" })],
    ["a key with a letter no header takes", () => Response.json({ access_token: "schlüssel" })],
    ["a refusal that is none", () => Response.json({ error: "a sentence, not a word" }, { status: 400 })],
  ] as const)("is unavailable with %s", ([, respond]) =>
    Effect.gen(function* () {
      const error = yield* exchange.pipe(Effect.provide(overHttp(() => Effect.sync(respond))), Effect.flip)
      expect(error).toMatchObject({ _tag: "LoginUnavailable", timedOut: false })
    }),
  )
})
