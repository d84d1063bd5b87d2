import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import { once } from "node:events"
import type { TestProject } from "vitest/node"
import { type Answer, CONTROL, recordingAt, type RecordedRequest, type RecordingServer } from "./recording.ts"

declare module "vitest" {
  export interface ProvidedContext {
    recordingUrl: string
  }
}

const KEPT = 1_000

const bodyOf = async (incoming: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = []
  for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks).toString("utf8")
}

const headersOf = (incoming: IncomingMessage): Record<string, string> =>
  Object.fromEntries(
    Object.entries(incoming.headersDistinct).map(([name, values = []]) => [name, values.join(", ")]),
  )

const pathOf = (target: string): string => target.split("?")[0] ?? target

class Recording {
  readonly #answers = new Map<string, Answer[]>()
  #requests: RecordedRequest[] = []

  /** The last answer stays. */
  #next(path: string): Answer {
    const answers = this.#answers.get(path) ?? []
    return (answers.length > 1 ? answers.shift() : answers[0]) ?? {}
  }

  async serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { method = "GET", url: target = "/" } = incoming
    const body = await bodyOf(incoming)
    if (target.startsWith(CONTROL)) return this.#control(method, new URL(target, "http://x"), body, outgoing)
    const headers = headersOf(incoming)
    const answer = this.#next(pathOf(target))
    const refused = answer.needs_user_agent === true && headers["user-agent"] === undefined
    const status = refused ? 403 : (answer.status ?? (answer.location === undefined ? 200 : 302))
    this.#requests = [...this.#requests, { method, target, headers, body, answered: status }].slice(-KEPT)
    outgoing.writeHead(status, {
      ...(answer.content_type === undefined ? {} : { "content-type": answer.content_type }),
      ...(answer.location === undefined ? {} : { location: answer.location }),
      ...answer.headers,
    })
    const bytes = answer.body_base64 === undefined ? answer.body : Buffer.from(answer.body_base64, "base64")
    outgoing.end(refused ? "Who are you? Send a User-Agent." : bytes)
  }

  #control(method: string, url: URL, body: string, outgoing: ServerResponse): void {
    const path = url.searchParams.get("path") ?? "/"
    if (method === "PUT") this.#answers.set(path, JSON.parse(body) as Answer[])
    const under = this.#requests.filter(({ target }) => target.startsWith(path))
    outgoing.writeHead(200, { "content-type": "application/json" })
    outgoing.end(JSON.stringify(under))
  }
}

export const startRecordingServer = async (): Promise<RecordingServer & { stop(): Promise<void> }> => {
  const recording = new Recording()
  const server = createServer((incoming, outgoing) => {
    recording.serve(incoming, outgoing).catch((error: unknown) => outgoing.writeHead(500).end(String(error)))
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  if (typeof address !== "object" || address === null) throw new Error("the server has no port")
  return {
    ...recordingAt(`http://127.0.0.1:${address.port}`),
    async stop() {
      const closed = once(server, "close")
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

/** One for all worker tests: each takes paths of its own. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { url, stop } = await startRecordingServer()
  project.provide("recordingUrl", url)
  return stop
}
