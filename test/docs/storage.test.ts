import { readFileSync } from "node:fs"
import { expect, it } from "vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { EMPTY_PLAN } from "../../src/domain/TaskGroup.ts"
import { AlarmClockStorage } from "../../src/layers/AlarmClockStorage.ts"
import { PublisherLive } from "../../src/layers/PublisherLive.ts"
import { SecretStoreKv } from "../../src/layers/SecretStoreKv.ts"
import { TaskGroupStoreSqlite } from "../../src/layers/TaskGroupStoreSqlite.ts"
import { AlarmClock } from "../../src/services/AlarmClock.ts"
import { SecretStore } from "../../src/services/SecretStore.ts"
import { TaskGroupStore } from "../../src/services/GroupReader.ts"
import { nodeSqliteStorage } from "../support/nodeSqliteStorage.ts"
import { rowsOf, sectionOf } from "./markdown.ts"

const page = readFileSync("docs/storage.md", "utf8")
const cell = (text: string) => `\`${text}\``

const initOf = (numInputs: number) => ({
  taskgroupId: "tgrp_documented",
  url: "https://multitask.example/tgrp_documented",
  createdAt: null,
  metadata: "{}",
  processor: "core",
  taskSpec: "{}",
  inputColumns: [],
  outputColumns: [],
  warnings: [],
  numInputs,
})

/** Everything that a group may store, done once on a storage that notes the keys it is given. */
const storeEverything = () => {
  const storage = nodeSqliteStorage()
  const keys = new Set<string>()
  const kv: typeof storage.kv = {
    ...storage.kv,
    put: (key, value) => {
      keys.add(key)
      storage.kv.put(key, value)
    },
  }
  const watched = { ...storage, kv, setAlarm: () => {}, deleteAlarm: () => {} }
  const program = Effect.gen(function* () {
    const store = yield* TaskGroupStore
    const secrets = yield* SecretStore
    const alarms = yield* AlarmClock
    store.begin(initOf(1))
    store.addInputs(0, ["{}"], 1)
    store.commit(EMPTY_PLAN)
    secrets.save({ apiKey: "key", webhookUrl: "https://hook.example/" })
    alarms.set("watchdog", 2)
    store.apply([], 1_000_000, "cursor-1")
    store.setRefusedSince(1)
  })
  Effect.runSync(
    program.pipe(
      Effect.provide(
        Layer.mergeAll(
          TaskGroupStoreSqlite(watched),
          SecretStoreKv(watched),
          AlarmClockStorage(watched),
        ).pipe(Layer.provide(PublisherLive)),
      ),
    ),
  )
  return { storage, keys }
}

it.each(["details", "runs"])("lists every column of %s, in order, with its type", (table) => {
  const { storage } = storeEverything()
  const columns = [...storage.sql.exec(`SELECT name, type FROM pragma_table_info('${table}')`).raw()]
  const heading = page.split("\n").find((line) => line.startsWith(`## Table \`${table}\``)) ?? ""
  const listed = rowsOf(sectionOf(page, heading.slice(3))).map(([name, type]) => [name, type])
  expect(listed).toEqual(columns.map(([name, type]) => [cell(String(name)), type]))
  storage.close()
})

it("lists every table", () => {
  const { storage } = storeEverything()
  const tables = [...storage.sql.exec("SELECT name FROM sqlite_schema WHERE type = 'table'").raw()]
  expect(tables).toEqual([["details"], ["runs"]])
  const indexes = [...storage.sql.exec("SELECT name FROM sqlite_schema WHERE type = 'index'").raw()]
  expect(indexes).toEqual([])
  storage.close()
})

it("lists every key-value entry", () => {
  const { storage, keys } = storeEverything()
  const listed = rowsOf(sectionOf(page, "Key-value entries")).map(([name]) => name)
  expect(listed).toHaveLength(keys.size)
  expect(new Set(listed)).toEqual(new Set([...keys].map(cell)))
  storage.close()
})
