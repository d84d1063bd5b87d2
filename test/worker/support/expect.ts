import { expect } from "vitest"
import type { TaskGroupResultOutput } from "../../../src/domain/TaskGroup.ts"
import { companies, type ErrorBody, getJson, inside } from "./product.ts"
import type { Upstream } from "./upstream.ts"
import { until } from "./until.ts"

/** An error as every answer has them, wherever it comes from. */
export const expectError = async (response: Response, status: number): Promise<ErrorBody> => {
  const text = await response.text()
  expect(`${response.status} ${text}`).toMatch(new RegExp(`^${status} `))
  expect(response.headers.get("content-type")).toMatch(/^application\/json/)
  expect(response.headers.get("access-control-allow-origin")).toBe("*")
  const body = JSON.parse(text) as ErrorBody
  expect(body).toMatchObject({
    type: "error",
    error: { ref_id: expect.any(String), message: expect.any(String) },
  })
  expect(body.error.ref_id).not.toBe("")
  expect(body.error.message).not.toBe("")
  expect(Object.hasOwn(body.error, "detail")).toBe(true)
  expect(text).not.toMatch(/\bat \S+ \(|\.ts:\d+/)
  return body
}

export const problemPaths = (body: ErrorBody) => (body.error.detail?.errors ?? []).map(({ path }) => path)

/** What an object holds. It is looked at from inside, without a call that would change it. */
export const storedIn = (id: string) =>
  inside(id, async ({ storage }) => ({
    // The test runner keeps the object's name in a table, the platform its key-value pairs in another.
    tables: [...storage.sql.exec<{ name: string }>("SELECT name FROM sqlite_schema WHERE type = 'table'")]
      .map(({ name }) => name)
      .filter((name) => !name.startsWith("_")),
    keys: [...storage.kv.list()].map(([key]) => key),
    alarm: await storage.getAlarm(),
  }))

export const expectNothingStored = async (id: string) =>
  expect(await storedIn(id)).toEqual({ tables: [], keys: [], alarm: null })

export const untilEnded = (id: string, seconds = 15) =>
  until(
    `the end of ${id}`,
    async () => {
      const ended = await inside(id, ({ storage }) => {
        const [details] = [...storage.sql.exec<{ state: string }>("SELECT state FROM details")]
        return details?.state === "ended"
      })
      return ended && (await getJson(id))
    },
    seconds,
  )

/** The group is what upstream did for it, with one run an input. */
export const expectLedgerEquals = async (upstream: Upstream, data: TaskGroupResultOutput, count: number) => {
  const { runs } = await upstream.ledger(data.taskgroup_id)
  expect(runs).toHaveLength(count)
  expect(new Set(runs.map(({ input_index }) => input_index)).size).toBe(count)
  const inOrder = runs.toSorted((a, b) => (a.input_index ?? 0) - (b.input_index ?? 0))
  expect(data.results).toEqual(
    inOrder.map((run, at) => ({
      $id: run.run_id,
      $status: run.final_status,
      ...companies(count)[at],
      ...(run.output?.content as object | undefined),
    })),
  )
  expect(data.runs.map((run) => run["output"])).toEqual(
    inOrder.map((run) => expect.objectContaining({ ...run.output })),
  )
}
