import { rmSync } from "node:fs"
import { connect, createServer, type Server } from "node:net"

/**
 * One start a data folder: two workerd on the same SQLite files would damage each other. The lock is a socket, so it
 * vanishes with its owner however that ends, and whoever finds it taken hears where the other one is reached.
 */
export const takeLock = async (path: string, hello: () => string): Promise<{ readonly takenBy?: string }> => {
  if (process.platform === "win32") return {}
  for (let attempt = 0; attempt < 3; attempt++) {
    if (await listen(path, hello)) {
      process.once("exit", () => rmSync(path, { force: true }))
      return {}
    }
    const answer = await ask(path)
    if (answer !== undefined) return { takenBy: answer }
    // Left behind by a process that was killed.
    rmSync(path, { force: true })
  }
  throw new Error(`${path} cannot be locked`)
}

const listen = (path: string, hello: () => string): Promise<Server | undefined> =>
  new Promise((done, fail) => {
    const server = createServer((socket) => socket.end(hello()))
    server.once("error", (error: NodeJS.ErrnoException) =>
      error.code === "EADDRINUSE" ? done(undefined) : fail(error),
    )
    server.listen(path, () => {
      server.unref()
      done(server)
    })
  })

const ask = (path: string): Promise<string | undefined> =>
  new Promise((done) => {
    let text = ""
    const socket = connect(path)
    socket.setEncoding("utf8")
    socket.setTimeout(2000, () => socket.destroy())
    socket.on("data", (chunk: string) => (text += chunk))
    socket.on("error", () => done(undefined))
    socket.on("close", () => done(text))
  })
