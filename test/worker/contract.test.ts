import { afterAll, beforeAll, describe, expect, it, vi } from "vitest"
import contract from "../../src/pages/assets/agents/openapi.json"
import {
  answerOf,
  type Document,
  type DocumentedAnswer,
  type DocumentedOperation,
  methodsOf,
  operationsOf,
} from "../support/contract/document.ts"
import { groupUpstream, initOf } from "./support/group.ts"
import { groupStub, send } from "./support/product.ts"
import { untilState } from "./support/acts.ts"
import { envelope, MODERN } from "./support/mcp.ts"
import { codeFor, newVerifier } from "./support/signIn.ts"
import { newUpstream } from "./support/upstream.ts"
import {
  ask,
  type Asked,
  client,
  freshScene,
  isAct,
  isCallback,
  isKeyed,
  isMcp,
  isOfGroup,
  isRead,
  isSql,
  newKey,
  type Scene,
  troubled,
  unknownGroup,
} from "./support/contractCases.ts"

/** Everything that the API's description says is what some request gets; the recorder sees to the other way round. */

const document = contract as unknown as Document
const operations = operationsOf(document)

type Way = (operation: DocumentedOperation, scene: Scene) => Promise<Response | null>

const FOREIGN = { origin: "https://evil.example", "sec-fetch-site": "cross-site" }

/** A refusal of Parallel's that is documented as one of many. */
const statusOf = (status: string) => Number(status.replace("default", "418"))

/** The media types that an answer may have; of a HEAD those of the GET. */
const typesOf = ({ path, method, operation }: DocumentedOperation, status: string) => {
  const { responses } = method === "HEAD" ? document.paths[path]!["get"]! : operation
  const types = Object.keys(answerOf(document, responses, statusOf(status))?.content ?? {})
  return types.length === 0 ? [undefined] : types
}

const fault = (scene: Scene, act: boolean, status: number, more: object = {}) =>
  scene.upstream.fault({
    route: act ? "group.get" : "group.create",
    times: 9,
    fault: { kind: "status", status, ...more },
  })

/** A key that the group does not work with, so that Parallel is asked. */
const otherKey = ({ upstream }: Scene) => ({ "x-api-key": upstream.keyThat("other") })

/** Upstream in trouble, with a simulator of the request's own. */
const upstreamAnswers =
  (status: number, more: object = {}): Way =>
  async (operation) => {
    if (!isKeyed(operation) || isMcp(operation)) return null
    const scene = await freshScene()
    await fault(scene, isAct(operation), status, more)
    const answer = await ask(operation, scene, { headers: isAct(operation) ? otherKey(scene) : {} })
    await scene.upstream.clearFaults()
    return answer
  }

const signIn = (code: string, verifier = "v".repeat(43)): Asked => ({
  body: JSON.stringify({ code, code_verifier: verifier }),
})
/** A client of the newest revision, which is answered in JSON. */
const newest: Asked = {
  headers: { "mcp-protocol-version": MODERN, "mcp-method": "tools/list" },
  body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list", params: { _meta: envelope() } }),
}
const unreadable = (operation: DocumentedOperation) =>
  isKeyed(operation) || isSql(operation) || (isCallback(operation) && operation.method === "POST")
/** A body that begins and goes no further. */
const stuck = () =>
  new ReadableStream({ start: (controller) => controller.enqueue(new TextEncoder().encode("{")) })

const WAYS: Readonly<Record<string, Way>> = {
  200: async (operation, scene) => {
    if (isMcp(operation)) return ask(operation, scene, scene.accept === "application/json" ? newest : {})
    if (isCallback(operation) && operation.method === "POST") {
      const verifier = newVerifier()
      return ask(operation, scene, signIn(await codeFor(verifier), verifier))
    }
    if (!isKeyed(operation)) return ask(operation, scene)
    const own = { ...(await freshScene()), accept: scene.accept }
    const headers = { "idempotency-key": newKey() }
    await ask(operation, own, { headers })
    return ask(operation, own, { headers })
  },
  202: (operation, scene) =>
    ask(operation, scene, { body: JSON.stringify({ jsonrpc: "2.0", method: "notifications/initialized" }) }),
  204: (operation, scene) =>
    operation.method === "OPTIONS"
      ? ask(operation, scene)
      : ask(operation, scene, { headers: { "last-event-id": scene.lastEvent }, accept: "text/event-stream" }),
  304: async (operation, scene) => {
    const { headers } = await ask(operation, scene)
    return ask(operation, scene, { headers: { "if-none-match": headers.get("etag") } })
  },
  400: (operation, scene) => {
    if (unreadable(operation))
      return ask(operation, scene, { headers: { "content-type": "application/json" }, body: "{" })
    if (!isOfGroup(operation)) return ask(operation, scene, { via: troubled.oddHost })
    return ask(operation, scene, { query: operation.path.endsWith(".sse") ? "?basis=x" : "?limit=0" })
  },
  401: (operation, scene) => ask(operation, scene, { headers: { "x-api-key": null } }),
  402: upstreamAnswers(402),
  403: (operation, scene) =>
    ask(operation, scene, { headers: { ...FOREIGN, "access-control-request-method": "DELETE" } }),
  404: async (operation, scene) => {
    if (isCallback(operation)) return ask(operation, scene, { via: troubled.withoutSignIn })
    if (!isOfGroup(operation)) return ask(operation, scene, { via: troubled.withoutFiles })
    if (isAct(operation)) remember(operation, await ask(operation, { ...scene, group: "short" }))
    const group = operation.method === "OPTIONS" ? "short" : unknownGroup()
    return ask(operation, { ...scene, group })
  },
  405: (operation, scene) => ask(operation, scene),
  406: (operation, scene) => ask(operation, scene, { accept: "image/png" }),
  408: async (operation, scene) => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] })
    try {
      const answer = ask(operation, scene, {
        via: troubled.forgetful,
        headers: { "content-type": "application/json" },
        body: stuck(),
      })
      await vi.advanceTimersByTimeAsync(16_000)
      return await answer
    } finally {
      vi.useRealTimers()
    }
  },
  409: async (operation) => {
    if (!isAct(operation)) {
      const scene = { upstream: newUpstream(), group: "", lastEvent: "" }
      const asked = { headers: { "idempotency-key": newKey() }, via: troubled.small }
      await scene.upstream.fault({ route: "group.create", fault: { kind: "hang", ms: 2_000 } })
      const first = ask(operation, scene, asked)
      await vi.waitUntil(async () => (await scene.upstream.requests()).total > 0)
      const second = await ask(operation, scene, asked)
      await first
      return second
    }
    const upstream = newUpstream()
    const group = await groupUpstream(upstream)
    await groupStub(group).begin(initOf(group, 3), { apiKey: upstream.key, webhookUrl: null })
    return ask(operation, { upstream, group, lastEvent: "" })
  },
  413: (operation, scene) =>
    ask(operation, scene, {
      via: troubled.small,
      headers: { "content-type": "application/json" },
      body: `"${"x".repeat(200_001)}"`,
    }),
  415: (operation, scene) => ask(operation, scene, { headers: { "content-type": "text/plain" }, body: "x" }),
  422: (operation, scene) =>
    ask(operation, scene, { headers: { "content-type": "application/json" }, body: '{"code":1}' }),
  429: (operation, scene) =>
    ask(operation, isRead(operation) ? { ...scene, group: unknownGroup() } : scene, {
      via: troubled.limited,
      headers: client,
    }),
  500: (operation, scene) => ask(operation, scene, { via: troubled.misconfigured }),
  502: (operation, scene) =>
    isCallback(operation)
      ? ask(operation, scene, signIn("fault-html"))
      : upstreamAnswers(500, { body: "html" })(operation, scene),
  503: (operation, scene) =>
    isRead(operation)
      ? ask(operation, scene, { via: troubled.crowded })
      : ask(operation, scene, { via: troubled.forgetful, headers: { "idempotency-key": newKey() } }),
  504: (operation, scene) =>
    isCallback(operation)
      ? ask(operation, scene, signIn("fault-silent"))
      : upstreamAnswers(504, { body: "html" })(operation, scene),
  default: upstreamAnswers(418),
}

/** Headers and media types seen, by the answer as it stands in the document. */
const seen = new Map<DocumentedAnswer, Set<string>>()

const remember = ({ operation, method }: DocumentedOperation, { status, headers }: Response) => {
  const answer = answerOf(document, operation.responses, status)
  if (answer === null) return
  const names = seen.get(answer) ?? new Set()
  seen.set(answer, names)
  for (const name of headers.keys()) names.add(name)
  if (method !== "HEAD") names.add(headers.get("content-type")?.split(";")[0] ?? "")
}

let scene: Scene
beforeAll(async () => {
  scene = await freshScene()
  await untilState(scene.group, "done")
  const events = await (await send(`/${scene.group}.sse`)).text()
  scene = { ...scene, lastEvent: /.*^id: (\d+)/ms.exec(events)![1]! }
})

describe.each(Object.keys(WAYS))("%s", (status) => {
  const having = operations.filter(({ operation }) => operation.responses[status] !== undefined)

  it.each(having.map((one) => [`${one.method} ${one.path}`, one] as const))("%s", async (_, operation) => {
    for (const accept of typesOf(operation, status)) {
      const answer = await WAYS[status]!(operation, { ...scene, accept })
      expect(answer, "there is no way to get it").not.toBeNull()
      const text = answer!.status === statusOf(status) ? "" : await answer!.text()
      expect(answer!.status, text).toBe(statusOf(status))
      remember(operation, answer!)
      await (text === "" && answer!.body?.cancel())
    }
  })
})

it("every status that is documented has a way", () => {
  const documented = operations.flatMap(({ operation }) => Object.keys(operation.responses))
  expect(new Set(documented)).toEqual(new Set(Object.keys(WAYS)))
})

it.each(Object.keys(document.paths))("Allow names the methods that %s has", async (path) => {
  const address = path.replace("{taskgroup_id}", scene.group).replace("{row}", "0")
  const answer = await send(address, { method: "PATCH", headers: { accept: "application/json" } })
  expect(answer.status).toBe(405)
  const allowed = answer.headers.get("allow")!.split(", ")
  const documented = methodsOf(document, path)
  const refused = path === "/mcp" ? ["GET", "DELETE"] : []
  expect(allowed.toSorted()).toEqual(documented.filter((method) => !refused.includes(method)).toSorted())
})

describe("examples of requests", () => {
  const examples = operations.flatMap((one) =>
    Object.entries(one.operation.requestBody?.content["application/json"]?.examples ?? {}).map(
      ([name, { value }]) => [`${one.operation.operationId}: ${name}`, one, value] as const,
    ),
  )
  it.each(examples)("%s is accepted", async (_, operation, value) => {
    const own = isAct(operation) ? await freshScene() : scene
    const answer = await ask(
      operation,
      { ...own, accept: "application/json" },
      { body: JSON.stringify(value) },
    )
    expect(answer.status, await answer.text()).toBe(200)
  })
})

afterAll(() => {
  const missing = [...seen].flatMap(([{ description, headers = {}, content = {} }, names]) =>
    [...Object.keys(headers), ...Object.keys(content)]
      .filter((name) => !names.has(name.toLowerCase()))
      .map((name) => `${description}: ${name}`),
  )
  expect(missing, "headers and types that are documented and that no answer has").toEqual([])
})
