import { Readable } from "node:stream"
import { truthOf } from "../../simulator/index.ts"
import { type Dice, makeDice } from "../simulation/effects.ts"
import { commonViolations, formatViolations } from "./oracles.ts"
import { ORIGIN, Product } from "./product.ts"
import { mutated, NASTY, type Target } from "./target.ts"

const encoder = new TextEncoder()

/** Names and ids as nobody expects them, in events that end nothing. */
const strange = (dice: Dice): string => {
  const text = JSON.stringify(dice.pick(NASTY))
  const status = JSON.stringify(
    dice.pick([
      "<img src=x onerror=alert(1)>",
      "a|b\nc",
      "quëued",
      "__proto__",
      "",
      "running",
      "x".repeat(9_000),
    ]),
  )
  const data = dice.pick([
    `{"type":${text},"event_id":${text}}`,
    `{"type":"task_run.state","event_id":${text},"run":{"run_id":${text},"status":${status},"is_active":true}}`,
    `{"type":"task_run.state","event_id":"1","run":{"run_id":"trun_x","status":${status}},"input":${text},"output":null}`,
    `{"type":"task_group_status","event_id":${text},"status":{"num_task_runs":${dice.pick(["-1", "1e400", "null", '"x"', "3"])},"task_run_status_counts":{${status}:${dice.pick(["1", "-1", "null"])}},"is_active":${dice.pick(["true", "null"])}}}`,
    `{"type":"error","error":{"message":${text},"ref_id":${text}}}`,
    text,
    "[]",
    "null",
    "{".repeat(dice.whole(1, 3_000)),
  ])
  const id = dice.chance(0.4) ? `id: ${dice.pick(["1", "", "\0", "é", "x".repeat(5_000)])}\n` : ""
  return `${dice.pick(["", "event: x\n", "retry: 1\n", ": comment\n", "retry: 99999999999999\n"])}${id}data: ${data}${dice.pick(["\n\n", "\r\n\r\n", "\r\r", "\n"])}`
}

/** A stream of events, damaged as it comes: pieces cut anywhere, bytes changed, strange events first, a sudden end. */
const damaged = async function* (
  body: AsyncIterable<Uint8Array>,
  dice: Dice,
  how: { flips: boolean; extra: string },
) {
  if (how.extra !== "") yield encoder.encode(how.extra)
  for await (const chunk of body) {
    const bytes = Uint8Array.from(chunk)
    if (how.flips)
      for (let left = dice.whole(0, 3); left > 0 && bytes.length > 0; left--)
        bytes[dice.whole(0, bytes.length - 1)]! ^= 1 << dice.whole(0, 7)
    for (let at = 0, size = 0; at < bytes.length; at += size) {
      size = dice.whole(1, dice.chance(0.2) ? 3 : 400)
      yield bytes.slice(at, at + size)
    }
    if (how.flips && dice.chance(0.1)) return
  }
}

/** What Parallel's stream of events may bring: the group ends all the same, with what the listings say. */
export const upstream: Target = {
  name: "upstream",
  open: async () => {
    let current = { dice: makeDice(""), flips: false, extra: "", left: 0 }
    const product = new Product("upstream", {
      upstream: (request, response) => {
        const isStream = response.headers.get("content-type")?.startsWith("text/event-stream") === true
        if (!isStream || response.body === null || !request.url.includes("/events") || current.left-- <= 0)
          return response
        return new Response(
          Readable.toWeb(
            Readable.from(damaged(response.body, current.dice, current)),
          ) as ReadableStream<Uint8Array>,
          {
            status: response.status,
            headers: response.headers,
          },
        )
      },
    })
    return {
      draw: (dice) => {
        const events = Array.from({ length: dice.whole(0, 4) }, () => strange(dice)).join("")
        return {
          text: dice.chance(0.3) ? mutated(dice, events) : events,
          course: String(dice.next()),
          flips: dice.chance(0.5),
          streams: dice.whole(1, 4),
          rows: dice.whole(1, 6),
        }
      },
      send: async ({ text, course, flips, streams, rows }) => {
        current = {
          dice: makeDice(String(course)),
          flips: flips === true,
          extra: text,
          left: Number(streams),
        }
        const inputs = Array.from({ length: Number(rows) }, (_, at) => ({
          company: `Company ${at}`,
          note: NASTY[at * 7] ?? "",
        }))
        const body = JSON.stringify({
          inputs: inputs.map((one) => ({ ...one, note: one.note.toWellFormed() })),
          processor: "core",
          output_type: "text",
          output_description: "CEO",
        })
        try {
          const answer = await product.post(body)
          const violations = commonViolations(answer)
          if (answer.status !== 200)
            return {
              label: String(answer.status),
              violations: [...violations, `not accepted: ${answer.text}`],
            }
          if (!(await product.untilEnded(3)))
            return { label: "endless", violations: [...violations, "the group does not end"] }
          const id = answer.text.slice(ORIGIN.length + 1)
          violations.push(...(await formatViolations(product, id, inputs.length)))
          const { text: json } = await product.get(`/${id}.json`)
          const group = JSON.parse(json) as {
            status: { state?: string; is_active: boolean }
            results: Array<Record<string, unknown>>
          }
          // One bad event does not end a session; Parallel's own word that it broke does.
          const opened = product.calls.filter(({ url }) => url.pathname.endsWith("/events")).length
          if (flips !== true && opened > 2 && !text.includes('"type":"error"'))
            violations.push(`${opened} streams were opened`)
          if (group.status.is_active) violations.push("ended, and active")
          const truths = new Map(
            product.simulator.ledger.groups
              .get(id)!
              .runs.map((run) => [run.id, truthOf(product.simulator.context, run)]),
          )
          for (const { $id, $status, content } of group.results) {
            const truth = truths.get(String($id))
            if (truth === undefined) violations.push(`a row has a run that is not there: ${String($id)}`)
            else if (flips !== true && truth.status !== $status)
              violations.push(`a row says ${String($status)}, Parallel ${truth.status}`)
            if ($status === "completed" && content === undefined)
              violations.push("completed without an output")
          }
          return { label: flips === true ? "ended, bytes changed" : "ended", violations }
        } finally {
          product.forget()
        }
      },
      close: () => product.close(),
    }
  },
}
