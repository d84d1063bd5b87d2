import { inspect } from "./inspector.ts"

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
  const { call, close } = await inspect(port)
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
      close()
      return peak
    },
  }
}
