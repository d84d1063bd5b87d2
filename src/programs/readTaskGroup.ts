import * as Effect from "effect/Effect"
import { GroupTooLarge } from "../domain/Errors.ts"
import { resultJson, runJson } from "../domain/RunJson.ts"
import type { TaskGroupResultOutput } from "../domain/TaskGroup.ts"
import { Settings } from "../services/Settings.ts"
import { GroupReader } from "../services/GroupReader.ts"

/**
 * The group as a value, of this moment. `after` is the index of the last input of the page before, `limit` the most
 * rows of this one. Fails when it would be larger than GET_DATA_CHARS.
 */
export const readTaskGroup = Effect.fn("readTaskGroup")(function* (page: {
  readonly after?: number | undefined
  readonly limit?: number | undefined
}) {
  const store = yield* GroupReader
  const settings = yield* Settings
  return yield* Effect.acquireUseRelease(
    Effect.sync(() => store.snapshot(store.choose(page))),
    ({ details, status, rows }) =>
      Effect.gen(function* () {
        const results: Array<string> = []
        const runs: Array<string> = []
        let chars = 0
        for (const row of rows(0)) {
          const result = resultJson(row)
          const run = runJson(row, details)
          chars += result.length + run.length
          if (chars > settings.GET_DATA_CHARS) {
            return yield* new GroupTooLarge({
              message: `This group is larger than ${settings.GET_DATA_CHARS} characters. Read it in pages with {after, limit}, or stream ${details.url}.json.`,
            })
          }
          results.push(result)
          runs.push(run)
        }
        const output: TaskGroupResultOutput = {
          taskgroup_id: details.taskgroupId,
          metadata: JSON.parse(details.metadata) as unknown,
          status,
          created_at: details.createdAt ?? "",
          results: JSON.parse(`[${results.join(",")}]`) as Array<Record<string, unknown>>,
          runs: JSON.parse(`[${runs.join(",")}]`) as Array<Record<string, unknown>>,
        }
        return output
      }),
    (snapshot) => Effect.sync(() => snapshot.close()),
  )
})
