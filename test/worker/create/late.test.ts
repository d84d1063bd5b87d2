import { expect, it } from "vitest"
import { receivedGroup } from "../support/group.ts"
import { groupStub, inside } from "../support/product.ts"
import { newUpstream } from "../support/upstream.ts"

it("a commit that comes after the uncommitted time is refused, though the alarm is late", async () => {
  const upstream = newUpstream()
  const id = await receivedGroup(upstream, 3)
  await inside(id, async ({ storage }) => {
    const alarms = storage.kv.get<Record<string, number>>("alarms") ?? {}
    storage.kv.put("alarms", { ...alarms, uncommitted: Date.now() - 1 })
    await storage.setAlarm(Date.now() + 60_000)
  })
  expect(await groupStub(id).commit(0)).toEqual({ _tag: "Incomplete" })
  expect((await upstream.requests()).counts["POST /v1/tasks/groups/{group}/runs"]).toBeUndefined()
})
