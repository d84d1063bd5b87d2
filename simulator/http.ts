import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import { once } from "node:events"
import type { Clock } from "./core/clock.ts"
import { ConnectionReset } from "./sse/stream.ts"

const MAX_BODY = 64 * 1024 * 1024
/** `setTimeout` takes no more: a longer wait would fire at once. */
const MAX_TIMER = 2 ** 31 - 1

export const systemClock: Clock = {
  now: () => Date.now(),
  setTimer(ms, fn) {
    const timer = setTimeout(fn, Math.min(Math.max(0, ms), MAX_TIMER))
    return () => clearTimeout(timer)
  },
}

/** What stands behind the server: the simulator, or a recording. */
interface Answering {
  handle(request: Request): Promise<Response>
}

class TooLarge extends Error {}

const readBody = async (incoming: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > MAX_BODY) throw new TooLarge()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

const toRequest = async (incoming: IncomingMessage, signal: AbortSignal): Promise<Request> => {
  const headers = new Headers()
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(", ") : value)
  }
  const method = incoming.method ?? "GET"
  // The path only: a client's idea of the host is of no use here, and may not even be one.
  const url = new URL(`http://127.0.0.1${(incoming.url ?? "/").replace(/^[^/]*/, "")}`)
  const body = method === "GET" || method === "HEAD" ? null : new Uint8Array(await readBody(incoming))
  return new Request(url, { method, headers, signal, body })
}

/** Passes the body on as fast as the client takes it. */
const sendBody = async (response: Response, outgoing: ServerResponse, signal: AbortSignal): Promise<void> => {
  const reader = response.body?.getReader()
  if (reader === undefined) return
  const stop = () => void reader.cancel().catch(() => undefined)
  signal.addEventListener("abort", stop)
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done || signal.aborted) return
      if (!outgoing.write(value)) await once(outgoing, "drain", { signal }).catch(() => undefined)
    }
  } finally {
    signal.removeEventListener("abort", stop)
  }
}

const send = async (response: Response, outgoing: ServerResponse, signal: AbortSignal): Promise<void> => {
  outgoing.writeHead(response.status, Object.fromEntries(response.headers))
  outgoing.flushHeaders()
  await sendBody(response, outgoing, signal)
  outgoing.end()
}

const fail = (error: unknown, incoming: IncomingMessage, outgoing: ServerResponse): void => {
  if (error instanceof ConnectionReset || outgoing.headersSent) {
    incoming.socket.resetAndDestroy()
    return
  }
  const status = error instanceof TooLarge ? 413 : 500
  const message = status === 413 ? "Request body too large" : "Internal server error"
  outgoing.writeHead(status, { "content-type": "application/json", connection: "close" })
  outgoing.end(JSON.stringify({ type: "error", error: { ref_id: "simulator", message, detail: null } }))
  if (status === 500) console.error(JSON.stringify({ event: "crash", message: String(error) }))
}

const serve = async (
  simulator: Answering,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> => {
  const gone = new AbortController()
  outgoing.on("close", () => {
    if (!outgoing.writableFinished) gone.abort()
  })
  outgoing.on("error", () => gone.abort())
  try {
    const request = await toRequest(incoming, gone.signal)
    const response = await simulator.handle(request)
    if (gone.signal.aborted) return await response.body?.cancel()
    await send(response, outgoing, gone.signal)
  } catch (error) {
    if (!gone.signal.aborted) fail(error, incoming, outgoing)
  }
}

/** A simulator behind HTTP. */
export const startServer = async (
  simulator: Answering,
  options: { readonly port: number; readonly host: string },
): Promise<{ readonly url: string; readonly server: Server; stop(): Promise<void> }> => {
  const server = createServer(
    { noDelay: true },
    (incoming, outgoing) => void serve(simulator, incoming, outgoing),
  )
  // Clients reuse connections: closing an idle one under them looks like an upstream fault nobody asked for.
  server.keepAliveTimeout = 600_000
  server.requestTimeout = 0
  server.listen(options.port, options.host)
  await once(server, "listening")
  const address = server.address()
  const port = typeof address === "object" && address !== null ? address.port : options.port
  const name = options.host.includes(":") ? `[${options.host}]` : options.host
  return {
    url: `http://${name}:${port}`,
    server,
    async stop() {
      const closed = once(server, "close")
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}
