import { boolean, kinds, nullable, number, object, oneOf, rate, string, type Infer } from "./spec.ts"

/** What had happened to an add-runs (or create) request when its answer was lost or refused (U12). */
const applied = oneOf("none", "all", "partial")
const afterEvents = number(1)

export const faultSpec = kinds({
  /** A plain HTTP error. */
  status: {
    status: number(500, 200, 599),
    body: oneOf("error", "html", "malformed", "empty", "framework", "bare"),
    message: nullable(string()),
    retry_after: nullable(number(0)),
    retry_after_as_date: boolean(false),
    applied,
  },
  /** The answer is a success by its status, but not by its body. */
  body: { body: oneOf("html", "malformed", "empty", "error"), applied: oneOf("all", "none") },
  /** The connection breaks: before the request did anything, after it did, or after the headers. */
  reset: { when: oneOf("before", "after", "after_headers"), applied: oneOf("all", "partial") },
  /** Nothing happens for a while; then the answer, or the connection breaks. */
  hang: { ms: number(30_000), then: oneOf("answer", "reset"), applied: oneOf("none", "all", "partial") },
  /** A stream breaks off. `clean` ends the response as if it were complete. */
  cut: {
    after_events: afterEvents,
    where: oneOf("between", "mid_event", "mid_line", "mid_character"),
    clean: boolean(false),
  },
  /** A stream says nothing for a while, then goes on. */
  stall: { after_events: afterEvents, ms: number(60_000) },
  /** Every event of a stream twice. */
  duplicate_events: {},
  /** Neighbouring events of a stream change places. */
  reorder_events: {},
  /** One event whose data line is huge. */
  oversize_line: { after_events: afterEvents, bytes: number(3_000_000) },
  /** One event whose data is not JSON. */
  malformed_event: { after_events: afterEvents },
  /** U9 */
  error_event: { after_events: afterEvents, then: oneOf("continue", "end") },
})
export type Fault = Infer<typeof faultSpec>
export type StreamFault = Extract<
  Fault,
  {
    kind:
      | "cut"
      | "stall"
      | "duplicate_events"
      | "reorder_events"
      | "oversize_line"
      | "malformed_event"
      | "error_event"
  }
>

export const ROUTES = [
  "group.create",
  "group.get",
  "group.runs.add",
  "group.runs.list",
  "group.events",
  "group.run.get",
  "run.create",
  "run.get",
  "run.input",
  "run.result",
  "run.events",
  "suggest",
  "suggest.processor",
] as const
export type RouteName = (typeof ROUTES)[number]

const matcher = {
  route: oneOf<RouteName | "*">("*", ...ROUTES),
  group: nullable(string()),
  /** What the request's body must be like, as an edge in front of the API looks at it; all that is given must hold. */
  when: object({ body_contains: nullable(string()), body_over_chars: nullable(number(0)) }),
}
export type Matcher = Infer<ReturnType<typeof object<typeof matcher>>>

/** A fault that stays, for a share of the matching requests. */
export const faultRule = object({ ...matcher, probability: rate(1), fault: faultSpec })
export type FaultRule = Infer<typeof faultRule>

/**
 * A fault for the next `times` matching requests, after letting `skip` of them pass; with `lasts_ms` for all of them
 * until so long after it was queued, however many.
 */
export const queuedFault = object({
  ...matcher,
  times: number(1, 1),
  skip: number(0),
  lasts_ms: nullable(number(1, 1)),
  fault: faultSpec,
})
export type QueuedFault = Infer<typeof queuedFault>
