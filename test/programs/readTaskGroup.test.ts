import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { readOutput, readRun } from "../../src/domain/Wire.ts"
import { runJson } from "../../src/domain/RunJson.ts"
import { readRun as readOneRun } from "../../src/programs/readRun.ts"
import { readTaskGroup } from "../../src/programs/readTaskGroup.ts"
import { RunStore } from "../../src/services/RunStore.ts"
import { committedGroup, GROUP_ID } from "./support.ts"

/** The second of the rows has been answered. */
const answered = Effect.map(RunStore, (store) => {
  const run = readRun('{"run_id":"run-1","status":"completed","metadata":{"input_index":"1"}}')!
  const output = readOutput(
    JSON.stringify({
      type: "json",
      content: { ceo: "Ada", company: "One, Inc." },
      basis: [{ field: "ceo" }],
    }),
  )
  store.apply([{ run, output }], 1)
})

describe("readTaskGroup", () => {
  it.effect("is the group of this moment, in the order of the inputs", () =>
    Effect.gen(function* () {
      yield* answered
      const group = yield* readTaskGroup({})
      expect(group).toMatchObject({
        taskgroup_id: GROUP_ID,
        status: { num_task_runs: 3, task_run_status_counts: { completed: 1, queued: 2 }, is_active: true },
        results: [
          { $id: null, $status: "queued", company: "Company 0" },
          // Where an output has an input's name, the output is shown.
          { $id: "run-1", $status: "completed", company: "One, Inc.", ceo: "Ada" },
          { $id: null, $status: "queued", company: "Company 2" },
        ],
      })
      expect(group.runs[1]).toMatchObject({
        run_id: "run-1",
        input: { company: "Company 1" },
        output: { basis: [{ field: "ceo" }] },
      })
      for (const key of ["1", "run-1"]) {
        const { row, details } = (yield* readOneRun(key))!
        expect(JSON.parse(runJson(row, details))).toEqual(group.runs[1])
      }
      for (const key of ["3", "run-9", "999999999999", "-1", ""]) expect(yield* readOneRun(key)).toBeNull()
    }).pipe(Effect.provide(committedGroup(3))),
  )

  it.effect("comes in pages", () =>
    Effect.gen(function* () {
      const { results, runs, status } = yield* readTaskGroup({ after: 1, limit: 2 })
      expect(results.map((row) => row["company"])).toEqual(["Company 2", "Company 3"])
      expect(runs).toHaveLength(2)
      expect(status.num_task_runs).toBe(5)
    }).pipe(Effect.provide(committedGroup(5))),
  )

  it.effect("fails with the way out where a whole group does not fit, and leaves nothing open", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(readTaskGroup({}))
      expect(error).toMatchObject({
        _tag: "GroupTooLarge",
        message: expect.stringMatching(/\{after, limit\}.*\.json/),
      })
      expect((yield* readTaskGroup({ limit: 1 })).results).toHaveLength(1)
    }).pipe(Effect.provide(committedGroup(50, { GET_DATA_CHARS: 2_000 }))),
  )
})
