/** What an isolate holds, by its own account (V8's inspector). */
interface HeapUsage {
  readonly usedSize: number
  readonly embedderHeapUsedSize: number
  readonly backingStorageSize: number
}

export interface Heap {
  /** Ends it, with the most that any sample saw: MiB, garbage that was still there included. */
  readonly stop: () => Promise<number>
}

const MIB = 1024 * 1024
const EVERY_MS = 100

/** Objects, those of the platform, and buffers outside: what Cloudflare's 128 MB for an isolate are about. */
const held = (usage: HeapUsage): number =>
  (usage.usedSize + usage.embedderHeapUsedSize + usage.backingStorageSize) / MIB

/** Watches the only isolate of a workerd whose inspector listens on this port. */
export const watchHeap = async (port: number): Promise<Heap> => {
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
  const call = <A>(method: string): Promise<A> =>
    new Promise((done) => {
      waiting.set(++asked, done as (result: unknown) => void)
      socket.send(JSON.stringify({ id: asked, method }))
    })
  const usage = async () => held(await call<HeapUsage>("Runtime.getHeapUsage"))

  let peak = 0
  let watching = true
  const sampling = (async () => {
    while (watching) {
      peak = Math.max(peak, await usage())
      await new Promise((done) => setTimeout(done, EVERY_MS))
    }
  })()
  return {
    stop: async () => {
      watching = false
      await sampling
      socket.close()
      return peak
    },
  }
}
