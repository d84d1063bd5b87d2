import { createServer } from "node:http"
import { once } from "node:events"
import type { TestProject } from "vitest/node"
import { checkAnswer, type Seen } from "./check.ts"

declare module "vitest" {
  export interface ProvidedContext {
    contractUrl: string
  }
}

/** Checks answers for tests inside workerd, where no validator may compile schemas: they come by POST, a list of them. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = createServer((incoming, outgoing) => {
    const chunks: Array<Buffer> = []
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk))
    incoming.on("end", () => {
      try {
        const seen = JSON.parse(Buffer.concat(chunks).toString("utf8")) as ReadonlyArray<Seen>
        outgoing.end(JSON.stringify(seen.flatMap(checkAnswer)))
      } catch (error) {
        outgoing.writeHead(500).end(String(error))
      }
    })
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  if (typeof address !== "object" || address === null) throw new Error("the server has no port")
  project.provide("contractUrl", `http://127.0.0.1:${address.port}`)
  return async () => {
    const closed = once(server, "close")
    server.close()
    server.closeAllConnections()
    await closed
  }
}
