import { createServer, request, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { afterAll, beforeAll } from "vitest"

/** A line to a server that loses what it is told to lose: the server has done its work by then. */
export class LossyProxy {
  /** How many answers to POSTs are yet to be lost. */
  losing = 0
  lost = 0
  /** Requests whose answer is not complete. */
  readonly open = new Set<ServerResponse>()
  readonly #server

  constructor(target: () => string) {
    this.#server = createServer((incoming, outgoing) => {
      this.open.add(outgoing)
      outgoing.on("close", () => this.open.delete(outgoing))
      const { method, headers, url = "/" } = incoming
      const onward = request(new URL(url, target()), { method, headers, agent: false }, (answer) => {
        if (method === "POST" && this.losing > 0) {
          this.losing--
          answer.resume().on("end", () => {
            this.lost++
            outgoing.destroy()
          })
          return
        }
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
        // As it comes: the stream's first byte may be long before its second.
        outgoing.flushHeaders()
        answer.on("error", () => outgoing.destroy())
        answer.pipe(outgoing)
      })
      onward.on("error", () => outgoing.destroy())
      outgoing.on("close", () => onward.destroy())
      incoming.pipe(onward)
    })
  }

  get url() {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  listen = () => new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", () => resolve()))

  close = async (): Promise<void> => {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

/** One in front of a server, for one test file. */
export const lossyProxy = (target: () => string): LossyProxy => {
  const proxy = new LossyProxy(target)
  beforeAll(proxy.listen)
  afterAll(proxy.close)
  return proxy
}
