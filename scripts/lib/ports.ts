import { createServer } from "node:net"

/** Whether nobody listens on this loopback port. */
export const isFree = (port: number): Promise<boolean> =>
  new Promise((done) => {
    const server = createServer()
    server.once("error", () => done(false))
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => server.close(() => done(true)))
  })

/** The first free loopback port from `from` on that is not in `taken`. */
export const nextFree = async (
  from: number,
  taken: ReadonlyArray<number> = [],
  free: (port: number) => Promise<boolean> = isFree,
): Promise<number> => {
  for (let port = from; port <= 65_535; port++) {
    if (!taken.includes(port) && (await free(port))) return port
  }
  throw new Error(`no free port from ${from} on`)
}
