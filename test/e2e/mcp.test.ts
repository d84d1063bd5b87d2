import { describe, expect, it } from "vitest"
import { expectOneRunEach } from "./truth.ts"
import { CLIENTS, type McpClient, type ToolResult } from "./mcpClients.ts"
import { companies, outputSchema, Product } from "./product.ts"
import { expectNoSecrets } from "./secrets.ts"
import { QUICK, servers } from "./servers.ts"
import { until } from "./until.ts"

/** `/mcp` as agents reach it: by the SDK's clients, at the real server. */

const pair = servers({
  ...QUICK,
  scenario: {
    runs: {
      queue_ms: [50, 100],
      duration_ms: [200, 500],
      scale_by_processor: false,
      failure_rate: 0,
      overrides: [{ input_index: 1, attempt: 1, outcome: "failed", error_message: "No sources were found." }],
    },
  },
})
const product = new Product(pair)

const reach = (fetch?: typeof globalThis.fetch) => ({
  url: pair.url,
  headers: { "x-api-key": product.key },
  ...(fetch && { fetch }),
})

const remembered = (result: ToolResult): ToolResult => {
  product.answers.push(JSON.stringify(result))
  return result
}

/** What a call answers where it does as it is asked: its structure is its first text. */
const ask = async (client: McpClient, name: string, args: object): Promise<any> => {
  const { content, structuredContent, isError } = remembered(await client.call(name, args))
  if (isError === true) throw new Error(`${name}: ${content[0]?.text}`)
  if (name !== "getResultMarkdown") expect(JSON.parse(content[0]?.text ?? "")).toEqual(structuredContent)
  return structuredContent
}

/** As a model does that was told to. */
const wait = async (client: McpClient, taskgroup_id: string) => {
  for (let calls = 0; calls < 20; calls++) {
    const status = await ask(client, "getStatus", { taskgroup_id, wait_seconds: 20 })
    if (status.is_active === false) return status
  }
  throw new Error(`${taskgroup_id} is still active`)
}

const task = { output: outputSchema, processor: "core" }

describe.each(CLIENTS)("%s", (_, connect, revision) => {
  it("goes the whole way", async () => {
    const client = await connect(reach())
    expect(client.revision()).toBe(revision)
    expect(client.instructions()).toContain("1. planTaskGroup")
    // Both validate what is structured against the schemas that they were told here.
    expect((await client.list()).map(({ name }) => name)).toEqual([
      "planTaskGroup",
      "createTaskGroup",
      "getStatus",
      "getResultMarkdown",
      "addInputs",
      "retryFailed",
      "stopTaskGroup",
    ])
    const rows = companies(10)
    const plan = await ask(client, "planTaskGroup", { inputs: rows, ...task })
    expect(plan).toMatchObject({ dry_run: true, num_inputs: 10, estimated_cost_usd: 0.25 })

    const request_id = crypto.randomUUID()
    const create = { inputs: rows, ...task, limit: 3, max_cost_usd: 0.1, request_id }
    const created = await ask(client, "createTaskGroup", create)
    const id: string = product.remember(created.taskgroup_id)
    expect(created.url).toBe(`${pair.url}/${id}`)
    expect(await wait(client, id)).toMatchObject({
      state: "done",
      num_inputs: 3,
      counts: { completed: 2, failed: 1 },
    })

    const failed = remembered(
      await client.call("getResultMarkdown", { taskgroup_id: created.url, status: "failed" }),
    )
    expect(failed.structuredContent).toMatchObject({ taskgroup_id: id, shown: 1, next_after: null })
    expect(failed.content[0]?.text).toContain("No sources were found")

    const retry = { taskgroup_id: id, processor: "pro", request_id }
    expect(await ask(client, "retryFailed", retry)).toMatchObject({ retried: 1 })
    const add = { taskgroup_id: id, inputs: rows.slice(3), request_id }
    expect(await ask(client, "addInputs", add)).toMatchObject({ added: 7, first_index: 3, num_inputs: 10 })
    expect(await wait(client, id)).toMatchObject({ state: "done", counts: { completed: 10 } })

    const whole = remembered(await client.call("getResultMarkdown", { taskgroup_id: id, basis: "index:4" }))
    expect(whole.structuredContent).toMatchObject({ num_inputs: 10, shown: 1, is_active: false })
    expect(whole.content[0]?.text).toContain("Company 4")
    expect(await ask(client, "stopTaskGroup", { taskgroup_id: id })).toMatchObject({
      not_sent: 0,
      running: 0,
    })
    // Everything again, as who has lost every answer: nothing is done twice.
    expect(await ask(client, "createTaskGroup", create)).toEqual(created)
    expect(await ask(client, "retryFailed", retry)).toMatchObject({ retried: 1 })
    expect(await ask(client, "addInputs", add)).toMatchObject({ added: 7 })
    expectOneRunEach(await pair.control.ledger(id), rows, [1])
    await client.close()
  })

  it("would refuse an answer that is not as its schema says", async () => {
    const lying: typeof fetch = async (input, init) => {
      const response = await fetch(input, init)
      const text = await response.text()
      const { status, headers } = response
      return new Response(text === "" ? null : text.replaceAll('"is_active":', '"isActive":'), {
        status,
        headers,
      })
    }
    const client = await connect(reach(lying))
    await client.list()
    await expect(client.call("getStatus", { taskgroup_id: product.groups[0]! })).rejects.toThrow(/schema/)
    await client.close()
  })

  it("is told of a failure as its tool's", async () => {
    const client = await connect({ url: pair.url, headers: { authorization: `Bearer ${product.key}` } })
    const result = remembered(await client.call("getStatus", { taskgroup_id: "tgrp_nothinghere" }))
    expect(result).toMatchObject({
      isError: true,
      content: [{ text: expect.stringContaining("taskgroup_id") }],
    })
    expect(result.structuredContent).toBeUndefined()
    await expect(client.call("deleteTaskGroup", {})).rejects.toThrow(/There is no tool "deleteTaskGroup"/)
    await client.close()
  })

  it("without a key cannot connect, and knows why", async () => {
    await expect(connect({ url: pair.url, headers: {} })).rejects.toThrow(/API key is missing|authorization/)
  })

  it("that loses the answer, or hangs up, finds its group by asking again", async () => {
    const rows = companies(4)
    let lost = 0
    const losing: typeof fetch = async (input, init) => {
      const response = await fetch(input, init)
      if (lost === 1 || !String(init?.body).includes('"createTaskGroup"')) return response
      lost = 1
      await response.text()
      throw new TypeError("the connection was lost")
    }
    const client = await connect(reach(losing))
    const before = (await pair.control.groups()).length
    const args = { inputs: rows, ...task, request_id: crypto.randomUUID() }
    await expect(client.call("createTaskGroup", args)).rejects.toThrow(/lost/)
    const again = await ask(client, "createTaskGroup", args)
    product.remember(again.taskgroup_id)

    // Hung up while Parallel is asked for the group.
    // oxlint-disable-next-line unicorn/no-thenable -- what the fault does then
    await pair.control.fault({ route: "group.create", fault: { kind: "hang", ms: 1_500, then: "answer" } })
    const other = { ...args, request_id: crypto.randomUUID() }
    const hangUp = new AbortController()
    const call = client.call("createTaskGroup", other, hangUp.signal)
    const asked = until("Parallel is asked", 10_000, async () => {
      const requests = await pair.control.requestsOf("group.create")
      return requests.some(({ status }) => status === null)
    })
    await Promise.all([expect(call).rejects.toThrow(), asked.then(() => hangUp.abort())])
    const found = await ask(client, "createTaskGroup", other)
    product.remember(found.taskgroup_id)
    for (const { taskgroup_id } of [again, found]) {
      await wait(client, taskgroup_id as string)
      expectOneRunEach(await pair.control.ledger(taskgroup_id as string), rows)
    }
    expect((await pair.control.groups()).length).toBe(before + 2)
    await client.close()
  })
})

it("leaves no secret in tables, formats, logs or answers", async () => {
  await expectNoSecrets(product)
})
