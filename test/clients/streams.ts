import { afterAll, beforeAll, describe, expect, it, vi } from "vitest"
import { fieldsOf } from "../../src/domain/JsonText.ts"
import type { Product } from "../e2e/product.ts"
import { until } from "../e2e/until.ts"
import { CLIENTS, Heard } from "./eventClients.ts"
import { escaped, inputIn } from "./expected.ts"
import { splitLines } from "./splitLines.ts"
import { tableRow } from "./wildRows.ts"

const HARD =
  "line\u2028separator, paragraph\u2029, next\u0085line, nul\0, \v\f\u001c\u001d\u001e\u007f, data: x\r\n\r\nid: 7"
const COUNT = 12
const HELD = 5

/** A line that is no event, as long as nothing happens. */
const KEEP_ALIVES = /(?:: keep-alive\n+){3}/

/** Clients that people use, on one live group: each gets every row's end once, whole, and stops at the end. */
export const clientsOfStreams = (product: Product): void => {
  const { control } = product.servers
  const rows = Array.from({ length: COUNT }, (_, n) =>
    tableRow([
      ["n", String(n)],
      [HARD, HARD],
    ]),
  )

  const started = new Map<string, { readonly heard: Heard; readonly stopped: Promise<void> }>()
  let id = ""
  let stream = ""

  /** Until it has what has ended so far. */
  const start = async (name: string) => {
    const heard = new Heard()
    const stopped = CLIENTS[name]![0](`${product.servers.url}/${id}.sse`, heard)
    stopped.catch((error: unknown) => heard.errors.push(String(error)))
    started.set(name, { heard, stopped })
    await until(
      `${name} has the first rows`,
      20_000,
      () => heard.messages.length >= COUNT || heard.errors.length > 0,
    )
  }

  /** What a connection brings while nothing happens. */
  const listenTo = async (body: ReadableStream<Uint8Array>) => {
    const text = new TextDecoder()
    for await (const piece of body) stream += text.decode(piece, { stream: true })
  }

  const endOf = (index: number, data: unknown): string | null => {
    const value: any = typeof data === "string" ? JSON.parse(data) : data
    return value.input_index === index && value.run.status === "completed" ? value.run.run_id : null
  }

  describe("a live stream", () => {
    beforeAll(async () => {
      await control.behave({ outputs: { content: "echo" } })
      await control.hold(HELD)
      const inputs = rows.map((row) => row.text).join(",")
      id = await product.submit(
        `{"inputs":[${inputs}],"output_type":"text","processor":"lite","output_description":"one line"}`,
      )
      for (const name of Object.keys(CLIENTS)) await start(name)
      const listening = listenTo((await fetch(`${product.servers.url}/${id}.sse`)).body!)
      await until("silence", 20_000, () => KEEP_ALIVES.test(stream))
      await control.finish(id)
      await listening
    })
    afterAll(() => void vi.unstubAllGlobals())

    it.each(Object.keys(CLIENTS))("is read by %s: each row once, whole, to the end", async (name) => {
      const { heard, stopped } = started.get(name)!
      await stopped
      const [, statuses, complaint = null] = CLIENTS[name]!
      expect(heard.statuses).toEqual(statuses)
      expect(heard.errors).toEqual(complaint === null ? [] : [expect.stringMatching(complaint)])
      expect(new Set(heard.messages.map(({ event }) => event))).toEqual(
        new Set(["task_group_status", "task_run.state", "done"]),
      )
      expect(heard.messages.filter(({ event }) => event === "done")).toHaveLength(1)
      const states = heard.messages.filter(({ event }) => event === "task_run.state")
      for (const [index, row] of rows.entries()) {
        const ends = states.filter(({ data }) => endOf(index, data) !== null)
        expect(ends).toHaveLength(1)
        const data = ends[0]!.data
        // The SDK gives what `JSON.parse` makes of it.
        if (typeof data !== "string") expect(data).toMatchObject({ input: { input: JSON.parse(row.text) } })
        else expect(fieldsOf(inputIn(data)).get("input")).toBe(escaped(row.text))
        const { output }: any = typeof data === "string" ? JSON.parse(data) : data
        expect(output.content).toBe(row.text)
      }
    })

    it("is no line more to who splits lines as Python does, and JSON Lines neither", async () => {
      expect(splitLines(stream)).toEqual(stream.split("\n").slice(0, -1))
      const { text } = await product.get(`${id}.jsonl`)
      const lines = splitLines(text).map((line) => JSON.parse(line) as Record<string, string>)
      expect(lines.map((line) => [line[HARD], line["content"]])).toEqual(rows.map((row) => [HARD, row.text]))
    })

    it("says that it is there in comments alone, which are no message to anybody", () => {
      expect(stream).not.toContain(": keep-alive\n\n")
    })

    it("is over for who comes back with the id of done, wherever it is given", async () => {
      const idsIn = (text: string, event: string) =>
        [...text.matchAll(/^id: (\d+)\nevent: (.*)$/gm)].flatMap(([, id, name]) =>
          name === event ? [id!] : [],
        )
      const [done = ""] = idsIn(stream, "done")
      const [before, last] = idsIn(stream, "task_run.state").slice(-2)
      const path = `${id}.sse`
      for (const [query, headers] of [
        [`?lastEventId=${done}`, {}],
        [`?lastEventId=${done}`, { "last-event-id": "" }],
        [`?last_event_id=${done}`, { "last-event-id": "" }],
        [`?lastEventId=0`, { "last-event-id": done }],
      ] as const)
        expect((await product.get(`${path}${query}`, headers)).status).toBe(204)
      const rest = await product.get(`${path}?lastEventId=${before}`, { "last-event-id": "" })
      expect(rest.status).toBe(200)
      expect([idsIn(rest.text, "task_run.state"), idsIn(rest.text, "done")]).toEqual([[last], [done]])
    })
  })
}
