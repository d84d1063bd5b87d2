import { afterEach, describe, expect, it, vi } from "vitest"
import * as Effect from "effect/Effect"
import { readSettings } from "../../src/domain/Settings.ts"
import { handle } from "../../src/http/handle.ts"
import { rateLimitsOf } from "../../src/http/rateLimits.ts"
import type { TaskGroupStub } from "../../src/layers/TaskGroupsObjects.ts"
import { makeRequestRuntime, type RequestRuntime } from "../../src/http/runtime.ts"
import { CreationFailed } from "../../src/programs/createErrors.ts"
import { groupId } from "../support/ids.ts"
import { bare } from "./support/context.ts"

const KEY = "sk-live-0123456789abcdef"

const read = readSettings({})
if (!read.ok) throw new Error(read.problems.join("; "))
const { settings } = read

const failingStub = (): TaskGroupStub => {
  throw new TypeError(`no object for ${KEY}`)
}

const log = () => vi.spyOn(console, "error").mockImplementation(() => {})

afterEach(() => void vi.restoreAllMocks())

/** The answer's body, and what was logged. */
const fail = async (request: Request, runtime: Partial<RequestRuntime> = {}) => {
  const logged = log()
  const response = await handle(request, {
    settings,
    runtime: runtime as RequestRuntime,
    groups: failingStub,
    limits: rateLimitsOf({}, settings),
    ...bare,
  })
  expect(response.status).toBe(500)
  expect(logged).toHaveBeenCalledTimes(1)
  const [[line]] = logged.mock.calls as [[string]]
  expect(line).not.toContain(KEY)
  return {
    answer: await response.json<{ error: { ref_id: string }; taskgroup_id?: string }>(),
    line: JSON.parse(line) as Record<string, unknown>,
  }
}

describe("a fault of ours", () => {
  it("is a 500 whose ref_id finds its line in the log, with route, group and cause", async () => {
    const { answer, line } = await fail(
      new Request(`https://multitask.example/tgrp_0123456789.json?key=${KEY}`, {
        headers: { "x-api-key": KEY },
      }),
    )
    expect(line).toEqual({
      level: "error",
      message: "A request failed",
      ref_id: answer.error.ref_id,
      route: "GET /{taskgroup_id}.json",
      taskgroup_id: "tgrp_0123456789",
      failures: [
        {
          kind: "Die",
          name: "TypeError",
          message: "withheld (38 characters)",
          frames: expect.arrayContaining([expect.stringContaining("http/resultRoute.ts")]),
          causedBy: [],
        },
      ],
    })
    expect(answer.error.ref_id).toMatch(/^[0-9a-f-]{36}$/)
  })

  it("says nothing of a key that somebody took for a group's id", async () => {
    const headers = { "x-api-key": KEY }
    const { line } = await fail(new Request(`https://multitask.example/${KEY}.json`, { headers }))
    expect(line).toMatchObject({ route: "GET /{taskgroup_id}.json", taskgroup_id: "[redacted]" })
  })

  it("after the group's creation names the group to the caller and in the log", async () => {
    const url = "https://multitask.example/tgrp_0123456789"
    const defect = new RangeError(`no room for ${KEY}`)
    const failed = new CreationFailed({ defect, taskgroupId: groupId("tgrp_0123456789"), url })
    const { answer, line } = await fail(
      new Request("https://multitask.example/v1beta/tasks/multitask", {
        method: "POST",
        headers: { "x-api-key": KEY, "content-type": "application/json" },
        body: "{}",
      }),
      { runPromise: () => Effect.runPromise(Effect.result(Effect.fail(failed))) as Promise<never> },
    )
    expect(answer).toMatchObject({ taskgroup_id: "tgrp_0123456789", url })
    expect(line).toMatchObject({
      ref_id: answer.error.ref_id,
      route: "POST /v1beta/tasks/multitask",
      taskgroup_id: "tgrp_0123456789",
      failures: [{ name: "RangeError" }],
    })
  })
})

describe("what programs log", () => {
  it("is a line of JSON without what its errors quote", async () => {
    const logged = log()
    const runtime = makeRequestRuntime(
      settings,
      () => {
        throw new Error("not asked")
      },
      () => {
        throw new Error("not asked")
      },
    )
    const failing = Effect.die(new Error(`bad ${KEY}`)).pipe(
      Effect.tapCause((cause) => Effect.logError("A fiber died", cause)),
      Effect.annotateLogs({ taskgroup_id: "tgrp_0123456789" }),
      Effect.exit,
    )
    await runtime.runPromise(failing)
    await runtime.runPromise(Effect.logError("Not stored", new TypeError(`bad ${KEY}`), { row: KEY }))
    const lines = logged.mock.calls.map(([line]) => JSON.parse(String(line)) as unknown)
    expect(lines).toMatchObject([
      {
        level: "error",
        message: "A fiber died",
        taskgroup_id: "tgrp_0123456789",
        failures: [{ name: "Error" }],
      },
      { level: "error", message: "Not stored", failures: [{ name: "TypeError" }] },
    ])
    expect(JSON.stringify(logged.mock.calls)).not.toContain(KEY)
  })
})
