import { readFileSync } from "node:fs"
import { expect, it } from "vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { EventCursor } from "../../src/domain/Ids.ts"
import { EMPTY_PLAN } from "../../src/domain/TaskGroup.ts"
import { AlarmClockStorage } from "../../src/layers/AlarmClockStorage.ts"
import { AudienceLive } from "../../src/layers/AudienceLive.ts"
import { PublisherLive } from "../../src/layers/PublisherLive.ts"
import { SecretStoreKv } from "../../src/layers/SecretStoreKv.ts"
import { TaskGroupStoreSqlite } from "../../src/layers/TaskGroupStoreSqlite.ts"
import { AlarmClock } from "../../src/services/AlarmClock.ts"
import { GroupStore } from "../../src/services/GroupStore.ts"
import { ReceivingStore } from "../../src/services/ReceivingStore.ts"
import { SecretStore } from "../../src/services/SecretStore.ts"
import { EMPTY_MEMORY, RunStore } from "../../src/services/RunStore.ts"
import { groupId } from "../support/ids.ts"
import { nodeSqliteStorage } from "../../src/entry/testing/nodeSqliteStorage.ts"
import { rowsOf, sectionOf } from "./markdown.ts"

const page = readFileSync("docs/storage.md", "utf8")
const cell = (text: string) => `\`${text}\``

const initOf = (numInputs: number) => ({
  taskgroupId: groupId("tgrp_documented"),
  url: "https://multitask.example/tgrp_documented",
  createdAt: null,
  metadata: "{}",
  processor: "core",
  taskSpec: "{}",
  runOptions: "{}",
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
      keys.add(key.replace(/^pieces:.*/, "pieces:…"))
      storage.kv.put(key, value)
    },
  }
  const watched = { ...storage, kv, setAlarm: () => {}, deleteAlarm: () => {} }
  const program = Effect.gen(function* () {
    const receiving = yield* ReceivingStore
    const runs = yield* RunStore
    const group = yield* GroupStore
    const secrets = yield* SecretStore
    const alarms = yield* AlarmClock
    receiving.begin(initOf(1))
    receiving.addInputs(0, ["{}"], 1)
    receiving.commit(EMPTY_PLAN)
    secrets.save({
      apiKey: "key",
      webhookUrl: "https://hook.example/",
      webhookSecret: "whsec_",
      runSecrets: "{}",
    })
    alarms.set("watchdog", 2)
    runs.apply([], 1_000_000, EventCursor("cursor-1"))
    runs.remember({ ...EMPTY_MEMORY, answeredMs: 1 })
    group.say("following", "It goes on.")
    group.countDelivery()
    receiving.keepPiece("act", 0, ["{}"], 5)
    group.keepAnswer({ name: "n", bodyHash: "h" }, "{}", 5, 1)
    group.end({ message: "", removalAt: 9, now: 1 }, () => {})
    group.goOn(2)
    group.remove(() => {}, 9)
  })
  Effect.runSync(
    program.pipe(
      Effect.provide(
        Layer.mergeAll(
          TaskGroupStoreSqlite(watched),
          SecretStoreKv(watched),
          AlarmClockStorage(watched),
        ).pipe(Layer.provide(Layer.mergeAll(PublisherLive, AudienceLive))),
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

it("says which version of the layout this is", () => {
  const { storage } = storeEverything()
  const [[version] = []] = [...storage.sql.exec("SELECT schema_version FROM details").raw()]
  const [, , meaning] = rowsOf(sectionOf(page, "Table `details`: one row")).find(
    ([name]) => name === cell("schema_version"),
  )!
  expect(meaning).toContain(`now ${String(version)}`)
  storage.close()
})

it("lists every table and view", () => {
  const { storage } = storeEverything()
  const tables = [...storage.sql.exec("SELECT name FROM sqlite_schema WHERE type = 'table'").raw()]
  expect(tables).toEqual([["details"], ["runs"]])
  const views = [...storage.sql.exec("SELECT name FROM sqlite_schema WHERE type = 'view'").raw()]
  expect(views).toEqual([["results"]])
  expect(page).toContain("## View `results`")
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
