import { expect, it, vi } from "vitest"
import type { Row } from "../../src/client/index.ts"
import { makeDice, SEEDS } from "../layers/store/fixtures.ts"
import { HonestGroup, toldRow } from "./honestGroup.ts"
import {
  answering,
  clientOf,
  error,
  failureOf,
  GROUP,
  inTime,
  lost,
  streaming,
  virtualTime,
} from "./support.ts"

virtualTime()

const ROUNDS = 30

const drain = async (rows: AsyncIterable<Row>) => {
  const told: Array<Row> = []
  for await (const row of rows) told.push(row)
  return told
}

it.each(SEEDS)("tells each row's end once and whole, over any line (seed %i)", async (seed) => {
  let connections = 0
  for (let round = 0; round < ROUNDS; round++) {
    const dice = makeDice(seed + round * 7919)
    const group = new HonestGroup(dice, 1 + dice.whole(25))
    const { fetch } = answering(group.fetch)
    const told = await inTime(drain(clientOf(fetch).group(GROUP).rows()))
    const where = `seed ${seed}, round ${round}`
    const names = told.map(
      ({ input_index, metadata }) => `${input_index}:${String(metadata?.["attempt"] ?? 1)}`,
    )
    // An attempt that ended and was followed by another while nobody was connected is not told.
    expect(new Set(names).size, where).toBe(names.length)
    expect([...group.ended], where).toEqual(expect.arrayContaining(names))
    const last = new Map(told.map((row) => [row.input_index, row]))
    expect(
      [...last.values()].sort((a, b) => a.input_index - b.input_index),
      where,
    ).toEqual(group.rows.map(toldRow))
    expect(vi.getTimerCount(), where).toBe(0)
    connections += group.connections
  }
  // It was broken off indeed.
  expect(connections).toBeGreaterThan(ROUNDS * 3)
})

const run = (index: number, attempt: number, id: number, status = "completed", extra: object = {}) => {
  const metadata =
    attempt === 1 ? { input_index: `${index}` } : { input_index: `${index}`, attempt: `${attempt}` }
  const data = {
    type: "task_run.state",
    event_id: `${id}`,
    input_index: index,
    input: { processor: "base", metadata, input: { a: index } },
    run: { run_id: `r${index}-${attempt}`, status, is_active: status === "running", metadata, ...extra },
    output: status === "completed" ? { content: { b: 1 } } : null,
  }
  return `event: task_run.state\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`
}
const done = "event: done\nid: 99\ndata: {}\n\n"

it("gives elements of the JSON's `runs`, key by key", async () => {
  const { fetch, sent } = answering(streaming([run(0, 1, 1, "running"), run(0, 1, 2), done]))
  const rows = await inTime(drain(clientOf(fetch).group(GROUP).rows()))
  expect(JSON.stringify(rows)).toBe(
    '[{"run_id":"r0-1","status":"completed","is_active":false,"metadata":{"input_index":"0"},"input_index":0,"input":{"a":0},"output":{"content":{"b":1}}}]',
  )
  expect(sent.map(({ path }) => path)).toEqual([`/${GROUP}.sse`])
})

it("tells an end that is told again once, and the next attempt too", async () => {
  const { fetch } = answering(
    streaming([run(0, 1, 1, "failed"), run(1, 1, 2)], "break"),
    streaming(
      [run(1, 1, 2), run(0, 1, 3, "failed", { warnings: ["late"] }), run(0, 2, 4, "running")],
      "close",
    ),
    streaming(["id: 5\nevent: task_run.state\ndata: {broken\n\n", run(0, 2, 6), run(0, 2, 7), done]),
  )
  const rows = await inTime(drain(clientOf(fetch).group(GROUP).rows()))
  expect(rows.map(({ run_id }) => run_id)).toEqual(["r0-1", "r1-1", "r0-2"])
})

it("tells no end before there is one: a run may wait for somebody, and is not active then", async () => {
  const { fetch } = answering(
    streaming([run(0, 1, 1, "action_required"), run(1, 1, 2, "of_another_year"), run(0, 1, 3), done]),
  )
  const rows = await inTime(drain(clientOf(fetch).group(GROUP).rows()))
  expect(rows.map(({ run_id, status }) => [run_id, status])).toEqual([["r0-1", "completed"]])
})

it("tells attempts apart by their runs, whatever their metadata say; those without a run by ours", async () => {
  const unsent = { run_id: null, metadata: { input_index: "1", attempt: "2" } }
  const { fetch } = answering(
    streaming([
      run(0, 1, 1, "failed", { metadata: null }),
      run(0, 2, 2, "completed", { metadata: null }),
      run(1, 1, 3, "cancelled", { run_id: null }),
      run(1, 2, 4, "cancelled", unsent),
      run(1, 2, 5, "cancelled", unsent),
      done,
    ]),
  )
  const rows = await inTime(drain(clientOf(fetch).group(GROUP).rows()))
  expect(rows.map(({ input_index, status }) => [input_index, status])).toEqual([
    [0, "failed"],
    [0, "completed"],
    [1, "cancelled"],
    [1, "cancelled"],
  ])
})

it("throws where the group is gone", async () => {
  const { fetch } = answering(streaming([run(0, 1, 1)]), lost, error(404, "no such group"))
  expect(await failureOf(drain(clientOf(fetch).group(GROUP).rows()))).toMatchObject({
    status: 404,
    message: "no such group",
  })
})

it("closes the connection when it is left, and throws its signal's reason", async () => {
  const { fetch, sent } = answering(streaming([run(0, 1, 1), run(1, 1, 2)], "silence"))
  const group = clientOf(fetch).group(GROUP)
  for await (const row of group.rows()) {
    expect(row.input_index).toBe(0)
    break
  }
  expect(sent[0]?.init.signal?.aborted).toBe(true)
  const stop = new AbortController()
  const reading = drain(group.rows({ signal: stop.signal })).catch((failure: unknown) => failure)
  await vi.advanceTimersByTimeAsync(10)
  stop.abort("enough")
  expect(await reading).toBe("enough")
  expect(vi.getTimerCount()).toBe(0)
})
