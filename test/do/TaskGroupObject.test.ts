import * as ManagedRuntime from "effect/ManagedRuntime"
import { afterEach, describe, expect, it } from "vitest"
import { taskGroupLayers } from "../../src/do/layers.ts"
import { TaskGroupObject } from "../../src/do/TaskGroupObject.ts"
import type { SettingsShape } from "../../src/domain/Settings.ts"
import type { GroupInit } from "../../src/domain/TaskGroup.ts"
import { groupId } from "../support/ids.ts"
import { nodeSqliteStorage } from "../../src/entry/testing/nodeSqliteStorage.ts"
import { settingsWith } from "../support/settings.ts"

const INIT: GroupInit = {
  taskgroupId: groupId("tgrp_0123456789"),
  url: "https://multitask.example/tgrp_0123456789",
  createdAt: null,
  metadata: "{}",
  processor: "core",
  taskSpec: `{"output_schema":{"type":"text"}}`,
  runOptions: "{}",
  inputColumns: ["a"],
  outputColumns: ["content"],
  warnings: [],
  numInputs: 1,
}
const SECRETS = { apiKey: "key", webhookUrl: null }

const opened: Array<{ close(): void }> = []
afterEach(() => {
  for (const storage of opened.splice(0)) storage.close()
})

/** A disk, and the objects that live on it one after the other. */
const disk = (changes: Partial<SettingsShape> = {}) => {
  const inner = nodeSqliteStorage()
  opened.push(inner)
  const seen = { built: 0, emptied: 0, alarm: null as number | null, waitsFor: Promise.resolve() }
  const storage = {
    ...inner,
    setAlarm: (at: number) => void (seen.alarm = at),
    deleteAlarm: () => void (seen.alarm = null),
    // As the platform: what is there goes at once, the promise comes later.
    deleteAll: () => {
      seen.emptied++
      seen.alarm = null
      return inner.deleteAll().then(() => seen.waitsFor)
    },
  }
  const wake = () =>
    new TaskGroupObject({
      storage,
      runtime: () => {
        seen.built++
        return ManagedRuntime.make(taskGroupLayers(storage, settingsWith(changes)))
      },
      version: "test",
    })
  const tables = () => inner.read("SELECT name FROM sqlite_schema").rows.flat()
  return { inner, seen, wake, tables }
}

describe("an object of an id that is no group", () => {
  it("builds nothing and writes nothing, whoever asks", async () => {
    const { seen, wake, tables } = disk()
    const object = wake()
    for (const path of ["json", "sse", "html", "md?row=0", "db"]) {
      for (const method of ["GET", "HEAD"]) {
        const response = await object.fetch(new Request(`https://object/${path}`, { method }))
        expect([path, method, response.status]).toEqual([path, method, 404])
      }
    }
    expect(await object.exists()).toBe(false)
    await expect(object.getData({})).rejects.toThrow("NotFound")
    expect(() => object.flush()).toThrow("NotFound")
    expect([tables(), seen]).toEqual([[], expect.objectContaining({ built: 0, emptied: 0, alarm: null })])
  })

  it("is emptied of what an earlier version's look-up left", async () => {
    const { inner, seen, wake, tables } = disk()
    inner.sql.exec("CREATE TABLE details (id INTEGER PRIMARY KEY)")
    expect(await wake().exists()).toBe(false)
    expect([tables(), seen.built, seen.emptied]).toEqual([[], 0, 1])
  })

  it("takes a group that begins while a look-up empties it", async () => {
    const { inner, seen, wake } = disk()
    inner.sql.exec("CREATE TABLE details (id INTEGER PRIMARY KEY)")
    const { promise, resolve } = Promise.withResolvers<void>()
    seen.waitsFor = promise
    const object = wake()
    const look = object.exists()
    expect(await object.begin(INIT, SECRETS)).toBe("begun")
    resolve()
    expect(await look).toBe(false)
    expect(await object.addInputs(0, [`{"a":1}`])).toBe("stored")
    expect(inner.read("SELECT input FROM runs").rows).toEqual([[`{"a":1}`]])
    expect([inner.kv.get("api_key"), seen.alarm]).toEqual(["key", expect.any(Number)])
  })
})

it("a group is there for the next object on its disk: looked at, or woken by its alarm", async () => {
  const { inner, seen, wake } = disk()
  await wake().begin(INIT, SECRETS)
  expect(seen.built).toBe(1)
  const next = wake()
  // Received, not committed.
  expect(await next.exists()).toBe(false)
  expect(inner.read("SELECT state FROM details").rows).toEqual([["receiving"]])
  await next.alarm()
  expect([seen.built, seen.emptied]).toEqual([2, 0])
})

describe("what strangers may hold open of one group", () => {
  /** A group that waits for nothing, so that it runs nothing. */
  const ended = async (changes: Partial<SettingsShape>) => {
    const { inner, wake } = disk(changes)
    // Several chunks of an answer.
    const inputs = Array.from({ length: 500 }, (_, at) => JSON.stringify({ a: `${at}`.padEnd(400, "x") }))
    const received = wake()
    await received.begin({ ...INIT, numInputs: inputs.length }, SECRETS)
    await received.addInputs(0, inputs)
    inner.sql.exec("UPDATE details SET state = 'ended', removal_at = 9e12")
    return wake()
  }
  const get = (object: TaskGroupObject, path: string, headers: Record<string, string> = {}) =>
    object.fetch(new Request(`https://object/${path}`, { headers }))

  it("is so many viewers' streams; one that ends makes room", async () => {
    const object = await ended({ MAX_VIEWERS: 3 })
    const viewers = await Promise.all([1, 2, 3].map(() => get(object, "sse")))
    expect(viewers.map(({ status }) => status)).toEqual([200, 200, 200])
    await new Promise((resolve) => setImmediate(resolve))
    expect([(await get(object, "sse")).status, (await get(object, "json")).status]).toEqual([503, 200])
    await viewers[1]!.body!.cancel()
    const next = await get(object, "sse")
    expect(next.status).toBe(200)
    await Promise.all([viewers[0]!, viewers[2]!, next].map(({ body }) => body!.cancel()))
  })

  it("is so many answers that are being read; what needs no rows is not counted", async () => {
    const object = await ended({ MAX_READS: 2 })
    const answers = [await get(object, "json"), await get(object, "html")]
    const readers = answers.map(({ body }) => body!.getReader())
    await Promise.all(readers.map((reader) => reader.read()))
    const refused = await get(object, "csv")
    expect(refused.status).toBe(503)
    const known = await get(object, "json", { "if-none-match": answers[0]!.headers.get("etag")! })
    expect(known.status).toBe(304)
    const viewer = await get(object, "sse")
    expect(viewer.status).toBe(200)
    await viewer.body!.cancel()
    await readers[0]!.cancel()
    const next = await get(object, "csv")
    expect(await next.text()).toContain("$id")
    await readers[1]!.cancel()
  })
})
