import { expect, it } from "vitest"
import { lazyBody } from "../../src/do/lazyBody.ts"

/** A rendering of these chunks; what happens to it is noted. */
const source = (chunks: ReadonlyArray<string>, failAt = Number.POSITIVE_INFINITY) => {
  const seen: Array<string> = []
  const body = lazyBody(() => {
    seen.push("opened")
    return {
      chunks: (function* () {
        for (const [at, chunk] of chunks.entries()) {
          if (at === failAt) throw new Error("a row is gone")
          seen.push(chunk)
          yield new TextEncoder().encode(chunk)
        }
      })(),
      close: () => void seen.push("closed"),
    }
  })
  return { body, seen }
}

it("opens with the first read, reads as it is read, and closes at the end", async () => {
  const { body, seen } = source(["a", "b", "c"])
  const reader = body.getReader()
  await Promise.resolve()
  expect(seen).toEqual([])
  expect(new TextDecoder().decode((await reader.read()).value)).toBe("a")
  expect(seen).toEqual(["opened", "a"])
  await reader.read()
  expect(seen).toEqual(["opened", "a", "b"])
  await reader.read()
  expect((await reader.read()).done).toBe(true)
  expect(seen).toEqual(["opened", "a", "b", "c", "closed"])
})

it("closes when the reader leaves, and holds nothing for one that never came", async () => {
  const { body, seen } = source(["a", "b"])
  const reader = body.getReader()
  await reader.read()
  await reader.cancel()
  expect(seen).toEqual(["opened", "a", "closed"])
  const unread = source(["a"])
  await unread.body.cancel()
  expect(unread.seen).toEqual([])
})

it("breaks rather than ends when something fails, and closes", async () => {
  const { body, seen } = source(["a", "b"], 1)
  await expect(new Response(body).text()).rejects.toThrow("a row is gone")
  expect(seen).toEqual(["opened", "a", "closed"])
  const unopened = lazyBody(() => {
    throw new Error("there is no group")
  })
  await expect(new Response(unopened).text()).rejects.toThrow("there is no group")
})
