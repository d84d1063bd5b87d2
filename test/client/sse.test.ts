import { expect, it } from "vitest"
import { sseParser } from "../../src/client/sse.ts"
import type { StreamEvent } from "../../src/client/index.ts"

const parse = (...pieces: ReadonlyArray<string>): ReadonlyArray<StreamEvent> => {
  const events: Array<StreamEvent> = []
  const push = sseParser((event) => events.push(event))
  for (const piece of pieces) push(piece)
  return events
}

const TEXT = [
  ": hello",
  "event: task_group_status",
  'data: {"a":1}',
  "",
  ":",
  "id: 7",
  "event:task_run.state",
  "data: one",
  "data:  two",
  "data",
  "retry: 5",
  "unknown: x",
  "",
  "event: nothing",
  "",
  "data: 🟢é",
  "id",
  "",
  "id: with\0nul",
  "data: last",
  "",
  "data: never closed",
]
const EVENTS = [
  { event: "task_group_status", id: null, data: '{"a":1}' },
  { event: "task_run.state", id: "7", data: "one\n two\n" },
  { event: "message", id: "", data: "🟢é" },
  { event: "message", id: "", data: "last" },
]

it.each([
  ["\\n", "\n"],
  ["\\r", "\r"],
  ["\\r\\n", "\r\n"],
])("reads every event, wherever the text is cut, with lines that end in %s", (_, end) => {
  const text = `\uFEFF${TEXT.join(end)}`
  expect(parse(text)).toEqual(EVENTS)
  for (let cut = 0; cut <= text.length; cut++) {
    expect(parse(text.slice(0, cut), text.slice(cut)), `cut at ${cut}`).toEqual(EVENTS)
  }
  const units = text.split("")
  expect(parse(...units)).toEqual(EVENTS)
  expect(parse(...units.flatMap((unit) => ["", unit]))).toEqual(EVENTS)
})

it("takes a byte order mark for one only at the beginning", () => {
  expect(parse("data: a\n\n", "\uFEFFdata: b\n\ndata: c\n\n").map(({ data }) => data)).toEqual(["a", "c"])
})

it("tells an event with its last line end, not with what follows", () => {
  expect(parse("data: a\r\r")).toHaveLength(1)
  expect(parse("data: a\r\n\r")).toHaveLength(1)
})

it("reads a line of megabytes that comes in small pieces in time that grows with its length", () => {
  const measure = (pieces: number) => {
    const started = performance.now()
    const [event] = parse("data: ", ...Array.from({ length: pieces }, () => "x".repeat(100)), "\n\n")
    expect(event?.data).toHaveLength(pieces * 100)
    return performance.now() - started
  }
  measure(20_000)
  // Looked at again with each piece it would be 10^11 characters.
  expect(measure(100_000)).toBeLessThan(5_000)
})

it("keeps two streams apart where one is fed while the other tells", () => {
  const told: Array<string> = []
  const inner = sseParser(({ data }) => told.push(data))
  const outer = sseParser(({ data }) => {
    told.push(data)
    inner(`data: of ${data}\n\ndata: more\n\n`)
  })
  outer("data: a\n\ndata: b\n\n")
  expect(told).toEqual(["a", "of a", "more", "b", "of b", "more"])
})
