import { describe, expect, it } from "vitest"
import { untilEnded } from "../support/expect.ts"
import { create, getJson, inside, send } from "../support/product.ts"
import { until } from "../support/until.ts"
import { newUpstream } from "../support/upstream.ts"

/** As JSON has it in a string, and as it is. */
const MARKUP = String.raw`<img src=x onerror=alert(1)>|](javascript:alert(2))\u202e\u2028\u0000`
const TEXT = JSON.parse(`"${MARKUP}"`) as string

const text = async (path: string) => new TextDecoder().decode(await (await send(path)).arrayBuffer())

/** No markup; in Markdown no link and nothing that reorders a line either. Pages isolate what they show. */
const expectOnlyText = (path: string, told: string) => {
  const wrong = path.includes(".md") ? /<img|\]\(javascript|[\0\u2028\u202e]/ : /<img src=x|\0/
  const at = told.search(wrong)
  expect([path, at < 0 ? "" : told.slice(Math.max(0, at - 40), at + 40)]).toEqual([path, ""])
}

describe("an upstream whose ids, statuses, kinds of events and messages are markup", () => {
  it("is told as text while rows run, under the status it names", async () => {
    const upstream = newUpstream()
    await upstream.behave({
      runs: { duration_ms: [60_000, 60_000], queue_ms: [1, 1] },
      rewrites: [
        { find: '"status":"running"', put: `"status":"${MARKUP}"` },
        { find: '"type":"task_group_status"', put: `"type":"${MARKUP}"` },
      ],
    })
    const { taskgroup_id: id } = await create(upstream)
    await until("the rows have that status", async () => {
      const { runs } = await getJson(id)
      return runs.every(({ status }) => status === TEXT)
    })
    expect((await getJson(id)).status.task_run_status_counts).toEqual({ [TEXT]: 3 })
    for (const path of [`${id}.md`, `${id}.html`, `${id}/0.md`, `${id}/0.html`, `${id}.csv`]) {
      const told = await text(`/${path}`)
      if (!path.endsWith(".csv")) expectOnlyText(path, told)
      expect([path, told.includes("onerror")]).toEqual([path, true])
    }
    await inside(id, ({ storage }) => storage.deleteAlarm())
  })

  it("ends, with ids and reasons of such text", async () => {
    const upstream = newUpstream()
    const put = (name: string) => ({ find: `"${name}":"`, put: `"${name}":"${MARKUP}` })
    await upstream.behave({
      runs: { overrides: [{ input_index: 1, outcome: "failed" }] },
      rewrites: [
        { find: "trun_", put: "<img src=x>|trun_" },
        put("message"),
        put("ceo_name"),
        put("reasoning"),
        put("title"),
      ],
    })
    const { taskgroup_id: id } = await create(upstream)
    const { results, runs } = await untilEnded(id)
    expect(results.map(({ $status }) => $status)).toEqual(["completed", "failed", "completed"])
    expect(String(results[0]!["$id"])).toMatch(/^<img src=x>\|trun_/)
    expect(String(results[0]!["ceo_name"]).startsWith(TEXT)).toBe(true)
    expect((runs[1]!["error"] as { message: string }).message.startsWith(TEXT)).toBe(true)
    for (const path of [
      `${id}.md?basis=all`,
      `${id}.html`,
      `${id}/0.md`,
      `${id}/0.html`,
      `${id}/1.md`,
      `${id}/1.html`,
    ])
      expectOnlyText(path, await text(`/${path}`))
    expect(await text(`/${id}.sse`)).not.toMatch(/[\0\u2028]/)
  })
})
