import { expect, it } from "vitest"
import { act, acted, RETRY } from "./acting.ts"
import { addNeighbour, ourRuns } from "./neighbours.ts"
import { DAY, HOUR, MINUTE, read, refusal, runsOf, trouble, world } from "./story.ts"
import { API_KEY, submit } from "./world.ts"

/** The newest runs at upstream, in the order of the inputs. */
const newestRuns = (of: Parameters<typeof runsOf>[0]) => [
  ...new Map(
    runsOf(of)
      .toSorted((a, b) => Number(a.metadata!["input_index"]) - Number(b.metadata!["input_index"]))
      .map((run) => [run.metadata!["input_index"], run.id]),
  ).values(),
]

it.each([
  ["a page that SQLite puts together", 100, [63]],
  ["a page that is read row by row", 40, Array.from({ length: 39 }, (_, at) => at + 1)],
])("shows the newest attempt of an input whose attempts lie across the end of %s", async (_, rows, again) => {
  const it = world({ weather: { rows } })
  await submit(it)
  await it.clock.advance(2 * MINUTE)
  expect(await acted(it, { ...RETRY, rows: again } as typeof RETRY)).toMatchObject({ retried: again.length })
  await it.clock.advance(2 * MINUTE)
  const { runs, results, status } = await read(it)
  expect(runs.map((run) => run["run_id"])).toEqual(newestRuns(it))
  expect(results.map((row) => row["$id"])).toEqual(newestRuns(it))
  expect(status.task_run_status_counts).toEqual({ completed: rows })
})

it("shows no run of a former attempt that appears while the next one is still to be sent", async () => {
  const it = world({ weather: { rows: 1 } })
  await submit(it)
  await it.clock.advance(2 * MINUTE)
  trouble(it, 2 * MINUTE, refusal(402), ["group.runs.add"])
  expect(await acted(it, { ...RETRY, rows: [0] } as typeof RETRY)).toMatchObject({ retried: 1 })
  await it.clock.advance(MINUTE)
  it.simulator.faults.clear()
  await addNeighbour(it, API_KEY, { kind: "lookalike", lastsMs: 5_000 })
  await it.clock.advance(2 * HOUR)
  const { runs, warnings } = await read(it)
  const own = ourRuns(it).find(({ metadata }) => metadata?.["attempt"] === "2")
  expect(runs[0]).toMatchObject({ run_id: own!.id, status: "completed" })
  expect(warnings).toEqual([expect.stringContaining("second run")])
})

it("forgets a deleted group after a day, at whatever turn of its removal the object died", async () => {
  for (let turns = 0; turns < 16; turns++) {
    const it = world()
    await submit(it)
    await it.clock.advance(2 * MINUTE)
    void it.host.call((object) => object.act({ _tag: "delete", key: API_KEY, record: null })).catch(() => {})
    for (let turn = 0; turn < turns; turn++) await Promise.resolve()
    it.host.disk.flush()
    it.host.kill("while it is removed")
    await act(it, { _tag: "delete" })
    await it.clock.advance(DAY + 2 * HOUR)
    expect([turns, it.host.disk.isEmpty()]).toEqual([turns, true])
  }
})
