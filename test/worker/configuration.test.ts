import { describe, expect, it } from "vitest"
import { untilEnded } from "./support/expect.ts"
import { body, CREATE, type Created, type ErrorBody, send, underVariables } from "./support/product.ts"
import { until } from "./support/until.ts"
import { newUpstream } from "./support/upstream.ts"

describe("PUBLIC_ORIGIN", () => {
  const PUBLIC = "https://public.example:8443"
  const sendTo = underVariables({ PUBLIC_ORIGIN: `${PUBLIC}/` })

  it("is the origin of every URL that is given out, whatever host the request names", async () => {
    const upstream = newUpstream()
    const response = await sendTo(CREATE, {
      method: "POST",
      headers: { "x-api-key": upstream.key, "content-type": "application/json", accept: "application/json" },
      body: JSON.stringify(body({ webhook_url: upstream.url("/_sim/webhooks/hook") })),
    })
    const created = await response.json<Created>()
    const id = created.taskgroup_id
    expect(created.url).toBe(`${PUBLIC}/${id}`)
    expect(response.headers.get("location")).toBe(`${PUBLIC}/${id}`)
    const data = await untilEnded(id)
    expect(data.metadata).toMatchObject({ origin: PUBLIC })
    const webhook = await until("the webhook", async () => (await upstream.webhooks())[0] ?? null)
    expect(JSON.parse(webhook.body)).toEqual({ url: `${PUBLIC}/${id}` })
  })
})

describe("a Host that somebody made up", () => {
  const EVIL = "http://evil.example"

  it("is in the answer to whoever sent it, and in no link for anybody else", async () => {
    const upstream = newUpstream()
    const response = await underVariables({}, EVIL)(CREATE, {
      method: "POST",
      headers: { "x-api-key": upstream.key, "content-type": "application/json", accept: "application/json" },
      body: JSON.stringify(body()),
    })
    const { url, taskgroup_id: id } = await response.json<Created>()
    expect(url).toBe(`${EVIL}/${id}`)
    const data = await untilEnded(id)
    // It says where the POST was sent.
    expect(data.metadata).toMatchObject({ origin: EVIL })
    const paths = [
      "",
      ".json",
      ".jsonl",
      ".csv",
      ".html",
      ".md",
      ".sse",
      ".db",
      "/1.json",
      "/1.html",
      "/1.md",
    ]
    for (const path of [...paths, ".md?basis=all", ".json?limit=1", "/7.html", ".xml"]) {
      for (const accept of ["text/html", "*/*"]) {
        const answer = await send(`/${id}${path}`, { headers: { accept } })
        const said = `${JSON.stringify([...answer.headers])} ${await answer.text()}`
        expect([path, said.replaceAll(`"origin":"${EVIL}"`, "")]).toEqual([
          path,
          expect.not.stringContaining("evil"),
        ])
      }
    }
    const markdown = await (await send(`/${id}.md`)).text()
    expect(markdown).toContain(`[live page](/${id}.html)`)
    const row = await (await send(`/${id}/1.md`)).text()
    for (const link of [`/${id}/0.md`, `/${id}/2.md`, `/${id}.md`, `/${id}/1.html`])
      expect(row).toContain(`](${link})`)
  })
})

describe("a wrong configuration", () => {
  it("answers every request with a 500 that names what is wrong", async () => {
    const sendTo = underVariables({ MAX_INPUTS: "many", SETTLE_SECONDS: "-1", PUBLIC_ORIGIN: "example.com" })
    for (const [path, method] of [
      ["/", "GET"],
      ["/callback", "GET"],
      [CREATE, "POST"],
      ["/tgrp_0123456789abcdef.json", "GET"],
    ] as const) {
      const response = await sendTo(path, { method })
      expect(response.status).toBe(500)
      const { type, error } = await response.json<ErrorBody>()
      expect(type).toBe("error")
      expect(error.message).toContain("configured wrongly")
      const problems = (error.detail?.errors ?? []).map((problem) => String(problem).split(" ")[0] ?? "")
      expect(problems.toSorted()).toEqual(["MAX_INPUTS", "PUBLIC_ORIGIN", "SETTLE_SECONDS"])
    }
  })
  it("is a binding that is missing, too: not a failure that would pass", async () => {
    const sendTo = underVariables({ TASK_GROUP: undefined, IDEMPOTENCY: undefined })
    const response = await sendTo(CREATE, { method: "POST", headers: { "idempotency-key": "once" } })
    expect(response.status).toBe(500)
    const { error } = await response.json<ErrorBody>()
    expect(error.detail?.errors).toEqual([
      "TASK_GROUP must be a binding of the Durable Object class TaskGroupDO; there is none",
      "IDEMPOTENCY must be a binding of the Durable Object class IdempotencyDO; there is none",
    ])
  })
})
