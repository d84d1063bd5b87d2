import { readFile } from "node:fs/promises"
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { extname, join, normalize } from "node:path"
import { fillTemplate } from "../../src/domain/template.ts"
import { findProcessor } from "../../src/pages/assets/assets/processors.js"
import { consoleCsp, consoleHtml } from "../../src/pages/consoleHtml.ts"
import { formCsp, formHtml } from "../../src/pages/formHtml.ts"
import { errorHtml, resultCsp, resultHtml } from "../../src/pages/resultHtml.ts"
import { rowCsp } from "../../src/pages/rowHtml.ts"
import { STUDIO_ORIGIN, studioCsp, studioHtml } from "../../src/pages/studioHtml.ts"
import { TAILWIND_PATH, tailwindFrameCsp, tailwindFrameHtml } from "../../src/pages/tailwindFrame.ts"
import { answerSql } from "./fakeDatabase.ts"
import { FakeGroup, jsonOf } from "./fakeGroup.ts"

/**
 * The least server the pages need, so that their tests do not depend on the real one: the two pages with their
 * headers, the assets, a group's formats, its stream, and the POST. It can be stopped, cutting every connection,
 * and started again on the same port.
 */

const assets = join(import.meta.dirname, "../../src/pages/assets")
const types = new Map([
  [".js", "text/javascript"],
  [".css", "text/css"],
  [".svg", "image/svg+xml"],
  [".txt", "text/plain"],
  [".map", "application/json"],
  [".wasm", "application/wasm"],
])

/** The fields that are suggested. */
export const SUGGESTED = {
  type: "object",
  properties: {
    ceo: { type: "string", description: "Who leads it" },
    founded: { type: "integer", description: "Year it was founded" },
  },
  required: ["ceo", "founded"],
  additionalProperties: false,
  description: "CEO name, year founded",
}

export type Posted = {
  /** The body as it came. */
  text: string
  body: {
    inputs?: unknown
    processor?: string
    output_schema?: { properties?: object }
    output_type?: string
    limit?: number
    max_cost_usd?: number
  }
  headers: IncomingMessage["headers"]
  url: string
}

export class FakeServer {
  readonly groups = new Map<string, FakeGroup>()
  /** What was to change something, and the plans. */
  readonly posted: Posted[] = []
  readonly plans: Posted[] = []
  /** Every request's address, with its query. */
  readonly seen: { url: string; headers: IncomingMessage["headers"] }[] = []
  /** Where the form leads to for signing in. */
  loginUrl = "https://platform.parallel.ai"
  /** The route of `/callback`, for tests that sign in. */
  onCallback: ((request: Request) => Promise<Response>) | null = null
  /** Answers the POST instead of the default, when set. */
  onPost: ((posted: Posted) => { status: number; body: unknown }) | null = null
  /** The same of plans. */
  onPlan: ((posted: Posted) => { status: number; body: unknown } | null) | null = null
  /** What is suggested where neither processor nor schema was given. */
  suggestion: { processor: string; schema: object | null } = { processor: "core", schema: SUGGESTED }
  /** What happened to each idempotency key. */
  readonly #answers = new Map<string, string>()
  /** Answers a query of the console instead of its database, when set. */
  onQuery: ((statement: string) => Promise<{ status: number; body: unknown }>) | null = null
  /** Pages of one row, by path. */
  readonly rows = new Map<string, string>()
  /** How single rows are answered. */
  basisStatus = 200
  #server: Server | null = null
  #port = 0

  get origin() {
    return `http://127.0.0.1:${this.#port}`
  }

  async start() {
    const server = createServer((request, response) => {
      this.#answer(request, response).catch(() => response.destroy())
    })
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject)
      server.listen(this.#port, "127.0.0.1", resolve)
    })
    this.#port = (server.address() as AddressInfo).port
    this.#server = server
    return this
  }

  async stop() {
    const server = this.#server
    this.#server = null
    if (!server) return
    for (const group of this.groups.values()) group.disconnect()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }

  add(group: FakeGroup) {
    this.groups.set(group.id, group)
    return `${this.origin}/${group.id}`
  }

  async #answer(request: IncomingMessage, response: ServerResponse) {
    const url = new URL(request.url ?? "/", this.origin)
    this.seen.push({ url: url.href, headers: request.headers })
    if (url.pathname === "/") return sendPage(response, 200, formHtml(this.loginUrl), formCsp)
    if (url.pathname === TAILWIND_PATH) return sendPage(response, 200, tailwindFrameHtml, tailwindFrameCsp)
    if (url.pathname === "/callback" && this.onCallback) return this.#callback(request, response, url)
    if (url.pathname === "/v1beta/tasks/multitask") return this.#post(request, response, url)
    const row = this.rows.get(url.pathname)
    if (row !== undefined) return sendPage(response, 200, row, rowCsp)
    if (url.pathname === "/docs") {
      const template = await readFile(join(assets, "agents/docs.html"), "utf8")
      return sendPage(response, 200, fillTemplate(template, this.origin, "docs.html"), resultCsp)
    }
    const file = normalize(join(assets, url.pathname))
    if (file.startsWith(assets) && types.has(extname(file))) {
      const content = await readFile(file).catch(() => null)
      if (content === null) return send(response, 404, "text/plain", "no such file")
      return send(response, 200, types.get(extname(file)) ?? "", content)
    }
    const [, grown = ""] = /^\/([A-Za-z0-9_-]{4,128})\/inputs$/.exec(url.pathname) ?? []
    if (grown !== "") return this.#addRows(request, response, grown)
    const [, id = "", extension = ""] = /^\/([A-Za-z0-9_-]{4,128})(\.[a-z]+)?$/.exec(url.pathname) ?? []
    const group = this.groups.get(id)
    if (!group)
      return sendPage(
        response,
        404,
        errorHtml(404, "Not found", `There is no group ${decodeURIComponent(url.pathname)}.`),
        resultCsp,
      )
    if (extension === ".sse") return group.stream(request, response, url)
    if (extension === ".json") return this.#json(response, group, url.searchParams.get("input_index"))
    if (extension === ".db") return this.#database(request, response, group, url)
    if (extension === ".md") return send(response, 200, "text/markdown", "# Results\n")
    return sendPage(response, 200, renderResult(group), resultCsp)
  }

  async #callback(request: IncomingMessage, response: ServerResponse, url: URL) {
    let text = ""
    for await (const chunk of request.setEncoding("utf8")) text += chunk
    const headers = new Headers()
    for (const [name, value] of Object.entries(request.headers)) headers.set(name, String(value))
    const method = request.method ?? "GET"
    const answer = await this.onCallback?.(
      new Request(url, { method, headers, body: method === "POST" ? text : null }),
    )
    if (!answer) return response.destroy()
    response.writeHead(answer.status, Object.fromEntries(answer.headers))
    return response.end(await answer.text())
  }

  #json(response: ServerResponse, group: FakeGroup, inputIndex: string | null) {
    const status = inputIndex === null ? 200 : this.basisStatus
    const body = inputIndex === null ? group.data() : group.run(Number(inputIndex))
    if (group.sunset !== null) response.setHeader("sunset", group.sunset)
    return send(response, status, "application/json", jsonOf(body))
  }

  async #database(request: IncomingMessage, response: ServerResponse, group: FakeGroup, url: URL) {
    if (request.method !== "POST")
      return url.searchParams.get("page") === "studio"
        ? sendPage(response, 200, studioHtml(group.id, `${STUDIO_ORIGIN}/embed/starbase`), studioCsp)
        : sendPage(response, 200, consoleHtml(group.id), consoleCsp)
    let text = ""
    for await (const chunk of request.setEncoding("utf8")) text += chunk
    const message = JSON.parse(text)
    const special = await this.onQuery?.(message.statement ?? "")
    const { status, body } = special ?? { status: 200, body: answerSql(group, message) }
    return send(response, status, "application/json", JSON.stringify(body))
  }

  async #post(request: IncomingMessage, response: ServerResponse, { searchParams }: URL) {
    const posted = await received(request)
    const isPlan = searchParams.get("dry_run") === "true"
    ;(isPlan ? this.plans : this.posted).push(posted)
    const special = isPlan ? this.onPlan?.(posted) : this.onPost?.(posted)
    if (special) return send(response, special.status, "application/json", JSON.stringify(special.body))
    const { body } = posted
    const all = Array.isArray(body.inputs) ? body.inputs : [{ company: "from the URL" }]
    const inputs = all.slice(0, body.limit ?? all.length)
    const processor = body.processor ?? this.suggestion.processor
    const price = findProcessor(processor)?.usd ?? null
    const estimate = {
      num_inputs: inputs.length,
      num_inputs_left_out: all.length - inputs.length,
      processor,
      output_schema: body.output_schema ?? (body.output_type === "text" ? null : this.suggestion.schema),
      estimated_cost_usd: price === null ? null : Math.round(inputs.length * price * 1000) / 1000,
      estimated_seconds: { min: 60, max: 300 },
      warnings: [],
    }
    if (isPlan) return send(response, 200, "application/json", JSON.stringify({ dry_run: true, ...estimate }))
    return this.#once(posted, response, () => {
      const group = new FakeGroup(`tgrp_${String(this.groups.size).padStart(8, "0")}`, inputs)
      return { url: this.add(group), taskgroup_id: group.id, ...estimate }
    })
  }

  async #addRows(request: IncomingMessage, response: ServerResponse, id: string) {
    const posted = await received(request)
    this.posted.push(posted)
    const special = this.onPost?.(posted)
    if (special) return send(response, special.status, "application/json", JSON.stringify(special.body))
    const group = this.groups.get(id)
    const inputs = posted.body.inputs
    if (!group || !Array.isArray(inputs)) return send(response, 404, "application/json", "{}")
    return this.#once(posted, response, () => {
      const first_index = group.rows.length
      for (const input of inputs) group.append(input)
      const counts = { added: inputs.length, first_index, num_inputs: group.rows.length }
      const cost = { estimated_cost_usd: inputs.length * 0.025 }
      return { url: `${this.origin}/${id}`, taskgroup_id: id, ...counts, ...cost, warnings: [] }
    })
  }

  /** The same key gets the same answer, and nothing new. */
  #once(posted: Posted, response: ServerResponse, act: () => object) {
    const key = String(posted.headers["idempotency-key"])
    const answer = this.#answers.get(key) ?? JSON.stringify(act())
    this.#answers.set(key, answer)
    return send(response, 200, "application/json", answer)
  }
}

async function received(request: IncomingMessage): Promise<Posted> {
  let text = ""
  for await (const chunk of request.setEncoding("utf8")) text += chunk
  return { text, body: JSON.parse(text), headers: request.headers, url: request.url ?? "" }
}

/** As the real server does it: text escaped for HTML, JSON with what could end the script escaped. */
export function renderResult(group: FakeGroup) {
  const inScript = (value: unknown) =>
    jsonOf(value).replace(/[<\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`)
  return fillIn(resultHtml, {
    title: `${group.id} – Parallel Multitask`,
    path: `/${group.id}`,
    json: inScript(group.data(group.part, true)),
    facts: inScript(group.facts()),
    table: group.table(),
  })
}

function fillIn(html: string, values: { [name: string]: string }) {
  return html.replace(/\{\{(\w+)\}\}/g, (_, name: string) => values[name] ?? "")
}

function send(response: ServerResponse, status: number, type: string, body: string | Uint8Array) {
  response.writeHead(status, {
    "content-type": `${type}; charset=utf-8`,
    "x-content-type-options": "nosniff",
  })
  response.end(body)
}

function sendPage(response: ServerResponse, status: number, html: string, csp: string) {
  response.writeHead(status, {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": csp,
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
  })
  response.end(html)
}
