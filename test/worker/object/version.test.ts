import { evictDurableObject, runDurableObjectAlarm } from "cloudflare:test"
import { expect, it } from "vitest"
import { untilEnded } from "../support/expect.ts"
import { create, getJson, groupStub, inside, realStub, send } from "../support/product.ts"
import { newUpstream } from "../support/upstream.ts"

const layout = async (id: string, version: number) => {
  await inside(id, ({ storage }) => {
    storage.sql.exec("UPDATE details SET schema_version = ?", version)
  })
  await evictDurableObject(realStub(id))
}

const storedIn = (id: string) =>
  inside(id, ({ storage }) => [
    ...storage.sql.exec("SELECT * FROM details").raw(),
    ...storage.sql.exec("SELECT * FROM runs ORDER BY id").raw(),
  ])

it("a group that a later version stored is left alone, and goes on when that version is deployed again", async () => {
  const { taskgroup_id: id } = await create(newUpstream())
  await untilEnded(id)
  const before = await getJson(id)
  await layout(id, 99)
  const stored = await storedIn(id)
  const failures = [
    await groupStub(id)
      .getData()
      .catch((error: unknown) => error),
    await groupStub(id)
      .raw("SELECT 1")
      .catch((error: unknown) => error),
  ]
  for (const failure of failures) expect(String(failure)).toMatch(/later version .*layout 99/)
  const response = await send(`/${id}.json`)
  expect(response.status).toBeGreaterThanOrEqual(500)
  // Its removal is not forgotten: the platform gives up on an alarm that fails again and again.
  for (let times = 0; times < 8; times++) {
    expect(await runDurableObjectAlarm(realStub(id))).toBe(true)
    expect(await inside(id, ({ storage }) => storage.getAlarm())).toBeGreaterThan(Date.now())
  }
  expect(await storedIn(id)).toEqual(stored)
  await layout(id, 4)
  expect(await getJson(id)).toEqual(before)
})
