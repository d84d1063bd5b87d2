import { Ajv } from "ajv"
import { readFileSync } from "node:fs"
import { beforeAll, describe, expect, it } from "vitest"
import { harness, jsonSpec, read, rows, type Harness } from "./harness.ts"

interface Operation {
  readonly method: string
  readonly path: string
  readonly responses: Record<string, Record<string, object>>
}
interface Facts {
  readonly operations: ReadonlyArray<Operation>
  readonly $defs: Record<string, object>
}

const facts = JSON.parse(
  readFileSync(new URL("../../simulator/schemas.json", import.meta.url), "utf8"),
) as Facts
const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false })

const compiled = new Map<object, ReturnType<typeof ajv.compile>>()

const validate = (schema: object, value: unknown): string[] => {
  const check = compiled.get(schema) ?? ajv.compile({ ...schema, $defs: facts.$defs })
  compiled.set(schema, check)
  return check(value) ? [] : (check.errors ?? []).map((e) => `${e.instancePath} ${e.message ?? ""}`)
}

const operation = (method: string, path: string): Operation => {
  const found = facts.operations.find((one) => one.method === method && one.path === path)
  if (found === undefined) throw new Error(`no operation ${method} ${path}`)
  return found
}

/** Every event of a stream, or the JSON body, against what the operation declares for the status. */
const problemsOf = async (op: Operation, response: Response): Promise<string[]> => {
  const declared = op.responses[String(response.status)]
  if (declared === undefined) return [`status ${response.status} is not declared`]
  const stream = declared["text/event-stream"]
  if (stream === undefined) return validate(declared["application/json"]!, await response.json())
  if (!response.headers.get("content-type")?.startsWith("text/event-stream")) return ["not an event stream"]
  const reading = read(response)
  await reading.done
  return reading.events.flatMap((event) => validate(stream, event.data))
}

describe("answers against the OpenAPI facts", () => {
  let h: Harness
  let group: string
  let runIds: string[]
  let single: string

  beforeAll(async () => {
    h = harness({ runs: { failure_rate: 0.3, cancelled_rate: 0.1, action_required_rate: 0.1 } })
    group = await h.group()
    runIds = (await h.add(group, rows(40))).run_ids
    const body = { input: "Stripe", processor: "pro", task_spec: { output_schema: { type: "auto" } } }
    single = (await h.json("POST", "/v1/tasks/runs", body)).run_id
    await h.clock.advance(3_000)
  })

  const expectValid = async (method: string, path: string, response: Response) =>
    expect(await problemsOf(operation(method, path), response)).toEqual([])

  for (const prefix of ["/v1", "/v1beta"]) {
    const groups = `${prefix}/tasks/groups`
    it(`${prefix}: create, get, add`, async () => {
      await expectValid("POST", groups, await h.send("POST", groups, { metadata: { a: 1, b: "x", c: true } }))
      await expectValid("GET", `${groups}/{taskgroup_id}`, await h.send("GET", `${groups}/${group}`))
      const other = await h.group()
      const body = { inputs: rows(2), default_task_spec: { output_schema: "a report" } }
      const add = await h.send("POST", `${groups}/${other}/runs`, body)
      await expectValid("POST", `${groups}/{taskgroup_id}/runs`, add)
    })

    it(`${prefix}: listings of runs in every status`, async () => {
      for (const query of ["", "?include_input=true&include_output=true", "?status=running"]) {
        const list = await h.send("GET", `${groups}/${group}/runs${query}`)
        await expectValid("GET", `${groups}/{taskgroup_id}/runs`, list)
      }
    })

    it(`${prefix}: errors`, async () => {
      const unknown = await h.send("GET", `${groups}/tgrp_none/runs`)
      expect(unknown.status).toBe(404)
      await expectValid("GET", `${groups}/{taskgroup_id}/runs`, unknown)
      const bad = await h.send("POST", `${groups}/${group}/runs`, { inputs: [{ input: 3 }] })
      expect(bad.status).toBe(422)
      await expectValid("POST", `${groups}/{taskgroup_id}/runs`, bad)
      const run = await h.send("GET", `${groups}/${group}/runs/trun_none`)
      await expectValid("GET", `${groups}/{taskgroup_id}/runs/{run_id}`, run)
    })
  }

  it("single runs", async () => {
    const runs = "/v1/tasks/runs"
    await expectValid("POST", runs, await h.send("POST", runs, { input: { a: 1 }, processor: "lite" }))
    await expectValid("POST", runs, await h.send("POST", runs, { input: "x", processor: "nothing" }))
    await expectValid("POST", runs, await h.send("POST", runs, { processor: "core" }))
    await expectValid("GET", `${runs}/{run_id}`, await h.send("GET", `${runs}/${single}`))
    await expectValid("GET", `${runs}/{run_id}/input`, await h.send("GET", `${runs}/${single}/input`))
    const result = await h.send("GET", `${runs}/${single}/result?timeout=0`)
    expect(result.status).toBe(408)
    await expectValid("GET", `${runs}/{run_id}/result`, result)
  })

  it("event streams while runs go on, and results after", async () => {
    const ofGroup = h.send("GET", `/v1/tasks/groups/${group}/events`)
    const ofRun = h.send("GET", `/v1/tasks/runs/${single}/events`)
    const checked = Promise.all([
      problemsOf(operation("GET", "/v1/tasks/groups/{taskgroup_id}/events"), await ofGroup),
      problemsOf(operation("GET", "/v1/tasks/runs/{run_id}/events"), await ofRun),
    ])
    await h.clock.advance(120_000)
    expect(await checked).toEqual([[], []])
    const statuses = new Set<number>()
    for (const id of [...runIds, single]) {
      const result = h.send("GET", `/v1/tasks/runs/${id}/result?timeout=1`)
      await h.clock.advance(1_000)
      const response = await result
      statuses.add(response.status)
      await expectValid("GET", "/v1/tasks/runs/{run_id}/result", response)
    }
    expect([...statuses].toSorted((a, b) => a - b)).toEqual([200, 404, 408])
  })

  it("the check can fail: U10's deviations are found, and only those", async () => {
    const odd = harness({
      shapes: { drop_required: ["interaction_id"], unknown_status_rate: 1, extra_fields: true },
    })
    const id = await odd.group()
    await odd.add(id, rows(3))
    const list = await odd.send("GET", `/v1/tasks/groups/${id}/runs`)
    const problems = await problemsOf(operation("GET", "/v1/tasks/groups/{taskgroup_id}/runs"), list)
    expect(problems.some((p) => p.includes("interaction_id"))).toBe(true)
    expect(problems.some((p) => p.startsWith("/run/status"))).toBe(true)
    expect(h.sim.requests.crashes).toEqual([])
  })

  it("text, auto and schema outputs have the declared shape", async () => {
    const quick = harness({ runs: { failure_rate: 0 } })
    const specs = [{ output_schema: "a report" }, { output_schema: { type: "text" } }, null, jsonSpec()]
    for (const spec of specs) {
      const run = await quick.json("POST", "/v1/tasks/runs", {
        input: "Figma",
        processor: "pro",
        task_spec: spec,
      })
      await quick.clock.advance(60_000)
      const result = await quick.send("GET", `/v1/tasks/runs/${run.run_id}/result`)
      expect(result.status).toBe(200)
      await expectValid("GET", "/v1/tasks/runs/{run_id}/result", result)
    }
  })
})
