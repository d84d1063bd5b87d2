import { findProcessor } from "../../src/pages/assets/assets/processors.js"
import { type FakeGroup, isUnsent } from "./fakeGroup.ts"

/** What acts on a group do and answer, as far as the pages can tell. */

export type ActBody = { inputs?: unknown; rows?: number[]; processor?: string; max_cost_usd?: number }
export type Act = "inputs" | "retry" | "stop" | "resume" | "delete"

/** The act of a request, if it is one. */
export function actOf(method: string, path: string): { id: string; act: Act } | null {
  const [, id, act] = /^\/([A-Za-z0-9_-]{4,128})(?:\/(inputs|retry|stop|resume))?$/.exec(path) ?? []
  if (id === undefined) return null
  if (act === undefined) return method === "DELETE" ? { id, act: "delete" } : null
  return method === "POST" ? { id, act: act as Act } : null
}

const price = (group: FakeGroup, rows: number, processor = group.processor) => {
  const usd = findProcessor(processor)?.usd
  return usd === undefined ? null : Math.round(rows * usd * 1000) / 1000
}

/** Carries it out, but where it is a plan; and what is answered, or why it is refused. */
export function perform(
  group: FakeGroup,
  act: Act,
  body: ActBody,
  isPlan: boolean,
): { answer: object } | { refusal: object } {
  const unsent = indexesWhere(group, (status, isSent) => status === "cancelled" && !isSent)
  if (act === "inputs") {
    const inputs = body.inputs as object[]
    const first_index = group.rows.length
    const dear = tooDear(body, price(group, inputs.length))
    if (dear) return dear
    if (!isPlan) for (const input of inputs) group.append(input)
    const counts = { added: inputs.length, first_index, num_inputs: first_index + inputs.length }
    return { answer: { ...counts, estimated_cost_usd: price(group, inputs.length), warnings: [] } }
  }
  if (act === "retry") {
    const failed = indexesWhere(group, (status) => status === "failed" || status === "cancelled")
    const again = body.rows ?? failed
    const usd = price(group, again.length, body.processor)
    const dear = tooDear(body, usd)
    if (dear) return dear
    if (!isPlan) for (const index of again) group.retry(index)
    return {
      answer: {
        ...(isPlan && { dry_run: true }),
        retried: again.length,
        estimated_cost_usd: usd,
        warnings: [],
      },
    }
  }
  if (act === "stop") {
    const left = indexesWhere(group, (status, isSent) => status === "queued" && !isSent)
    group.state = "stopping"
    for (const index of left)
      group.set(index, { status: "cancelled", sent: false, error: "Not sent: it was stopped." })
    const running = indexesWhere(group, (status) => status === "running").length
    return { answer: { not_sent: left.length, running, warnings: [] } }
  }
  if (act === "resume") {
    const waits = ["waiting_for_credit", "key_refused"].includes(group.state ?? "")
    const waiting = waits ? indexesWhere(group, (status) => status === "queued") : []
    group.state = "running"
    group.ended = false
    for (const index of unsent) group.set(index, { status: "queued" })
    group.tell()
    return { answer: { resumed: unsent.length + waiting.length, warnings: [] } }
  }
  const running = indexesWhere(group, (status) => status === "running").length
  return { answer: { deleted: true, running, warnings: [] } }
}

function tooDear({ max_cost_usd: most }: ActBody, usd: number | null) {
  if (most === undefined || usd === null || usd <= most) return null
  const message = `is below the estimate of $${usd}.`
  return {
    refusal: {
      message: "The request is not valid.",
      detail: { errors: [{ path: "max_cost_usd", message }] },
    },
  }
}

function indexesWhere(group: FakeGroup, fits: (status: string, isSent: boolean) => boolean) {
  return group.rows.flatMap((row, index) => (fits(row.status, !isUnsent(row)) ? [index] : []))
}
