import { expect, it } from "vitest"
import { acted, RETRY } from "./acting.ts"
import { MINUTE, read, runsOf, world } from "./story.ts"
import { submit } from "./world.ts"

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
