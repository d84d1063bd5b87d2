/** V8's inspector, of the only isolate of a workerd that listens on a port for it. */
export interface Inspector {
  readonly call: <A>(method: string, params?: object) => Promise<A>
  readonly close: () => void
}

export const inspect = async (port: number): Promise<Inspector> => {
  const [target, ...others] = (await (await fetch(`http://127.0.0.1:${port}/json`)).json()) as ReadonlyArray<{
    readonly webSocketDebuggerUrl: string
  }>
  if (target === undefined || others.length > 0) throw new Error("one isolate was expected")
  const socket = new WebSocket(target.webSocketDebuggerUrl)
  await new Promise((done, fail) => {
    socket.addEventListener("open", done, { once: true })
    socket.addEventListener("error", fail, { once: true })
  })
  let asked = 0
  const waiting = new Map<number, (result: unknown) => void>()
  socket.addEventListener("message", ({ data }) => {
    const { id, result } = JSON.parse(String(data)) as { id?: number; result?: unknown }
    if (id !== undefined) waiting.get(id)?.(result)
  })
  const call = <A>(method: string, params: object = {}): Promise<A> =>
    new Promise((done) => {
      waiting.set(++asked, done as (result: unknown) => void)
      socket.send(JSON.stringify({ id: asked, method, params }))
    })
  return { call, close: () => socket.close() }
}
