import { createHash, randomUUID } from "node:crypto"
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"

/**
 * Parallel's login as far as its documentation goes: a page of consent with links, codes that work once and only with
 * the verifier, client and address they were given for. A code may also name a fault, to see what is made of it.
 */

const FAULTS: Readonly<Record<string, (response: ServerResponse, sent: URLSearchParams) => void>> = {
  "fault-html": (response) => answer(response, 200, "text/html", "<!doctype html><h1>Welcome</h1>"),
  "fault-html-400": (response) => answer(response, 400, "text/html", "<h1>Bad request</h1>"),
  "fault-500": (response) => json(response, 500, { error: "server_error", access_token: LEAKED }),
  "fault-silent": () => {},
  "fault-half": (response) => {
    response.writeHead(200, { "content-type": "application/json" })
    response.write('{"access_token":"')
  },
  "fault-cut": (response) => {
    response.writeHead(200, { "content-type": "application/json", "content-length": "1000" })
    response.write('{"access_token":"half', () => response.destroy())
  },
  "fault-endless": (response) => {
    response.writeHead(200, { "content-type": "application/json" })
    const more = () => {
      while (!response.destroyed && response.write(`"${"x".repeat(16_384)}"`));
      if (!response.destroyed) response.once("drain", more)
    }
    more()
  },
  "fault-redirect": (response) => {
    response.writeHead(307, { location: "/elsewhere" })
    response.end()
  },
  "fault-no-token": (response) => json(response, 200, { token_type: "bearer" }),
  "fault-odd-token": (response) => json(response, 200, { access_token: `${LEAKED}\r\nx-evil: 1` }),
  "fault-echo": (response, sent) =>
    json(response, 400, {
      error: "invalid_grant",
      error_description: `code ${sent.get("code")} with verifier\u0000\n${sent.get("code_verifier")} is not known`,
    }),
  "fault-long": (response) =>
    json(response, 400, { error: "invalid_request", error_description: "x".repeat(10_000) }),
  "fault-odd-error": (response) => json(response, 400, { error: { message: LEAKED } }),
}

/** A key that an answer has where it does not belong. */
export const LEAKED = "key-that-must-not-get-out"

interface Grant {
  readonly clientId: string
  readonly redirectUri: string
  readonly challenge: string
}

export class FakeProvider {
  /** The keys it has given. */
  readonly keys: string[] = []
  /** Every call of the token endpoint, as sent. */
  readonly exchanges: { headers: IncomingMessage["headers"]; sent: Record<string, string> }[] = []
  /** The queries of the page of consent. */
  readonly asked: Record<string, string>[] = []
  /** What a call that followed a redirect would hit. */
  elsewhere = 0
  readonly #codes = new Map<string, Grant>()
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
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }

  async #answer(request: IncomingMessage, response: ServerResponse) {
    const url = new URL(request.url ?? "/", this.origin)
    const route = `${request.method} ${url.pathname}`
    if (route === "GET /getKeys/authorize") return this.#authorize(url, response)
    if (route === "POST /getKeys/token") return this.#token(request, response)
    if (route === "GET /_seen")
      return json(response, 200, { keys: this.keys, exchanges: this.exchanges, elsewhere: this.elsewhere })
    if (url.pathname === "/elsewhere") this.elsewhere++
    return answer(response, 404, "text/plain", "nothing here")
  }

  /** Links that lead back: with a code, with a refusal, and two that no honest provider would have. */
  #authorize(url: URL, response: ServerResponse) {
    const query = Object.fromEntries(url.searchParams)
    this.asked.push(query)
    const { client_id: clientId = "", redirect_uri: redirectUri = "", code_challenge: challenge = "" } = query
    const proper =
      query["response_type"] === "code" &&
      query["code_challenge_method"] === "S256" &&
      query["scope"] === "key:read" &&
      challenge.length === 43 &&
      URL.canParse(redirectUri) &&
      new URL(redirectUri).hostname === clientId
    if (!proper) return answer(response, 400, "text/plain", "not a proper authorization request")
    const code = `code/${randomUUID()}+=`
    this.#codes.set(code, { clientId, redirectUri, challenge })
    const state = query["state"] ?? ""
    const back = (id: string, params: Record<string, string>) =>
      `<a id="${id}" href="${redirectUri}?${new URLSearchParams(params).toString().replaceAll("&", "&amp;")}">${id}</a>`
    return answer(
      response,
      200,
      "text/html",
      [
        `<!doctype html><title>Consent</title><h1>${clientId} wants a key</h1>`,
        back("allow", { code, state }),
        back("deny", { error: "access_denied", error_description: "<b>call 555</b>", state }),
        back("deny-without-state", { error: "access_denied" }),
        back("forged", { code, state: "another-state" }),
        back("forged-error", { error: "access_denied", state: "another-state" }),
        back("stateless", { code }),
        back("strange", { error: "no_such_error", error_description: "call 555", state }),
        ...Object.keys(FAULTS).map((fault) => back(fault, { code: fault, state })),
      ].join("\n"),
    )
  }

  async #token(request: IncomingMessage, response: ServerResponse) {
    let text = ""
    for await (const chunk of request.setEncoding("utf8")) text += chunk
    const sent = new URLSearchParams(text)
    this.exchanges.push({ headers: request.headers, sent: Object.fromEntries(sent) })
    const code = sent.get("code") ?? ""
    const fault = FAULTS[code]
    if (fault) return fault(response, sent)
    const grant = this.#codes.get(code)
    this.#codes.delete(code)
    const challenge = createHash("sha256")
      .update(sent.get("code_verifier") ?? "")
      .digest("base64url")
    const refusal =
      request.headers["content-type"]?.startsWith("application/x-www-form-urlencoded") !== true
        ? "not form-encoded"
        : sent.get("grant_type") !== "authorization_code"
          ? "not a grant_type for codes"
          : grant === undefined
            ? "The code is not known, or was used"
            : sent.get("client_id") !== grant.clientId || sent.get("redirect_uri") !== grant.redirectUri
              ? "The code was given to another client"
              : challenge !== grant.challenge
                ? "The verifier is wrong"
                : null
    if (refusal !== null) return json(response, 400, { error: "invalid_grant", error_description: refusal })
    const key = `key-of-a-login-${randomUUID()}`
    this.keys.push(key)
    return json(response, 200, { access_token: key, token_type: "bearer", scope: "key:read" })
  }
}

function answer(response: ServerResponse, status: number, type: string, body: string) {
  response.writeHead(status, { "content-type": `${type}; charset=utf-8` })
  response.end(body)
}

const json = (response: ServerResponse, status: number, body: unknown) =>
  answer(response, status, "application/json", JSON.stringify(body))
