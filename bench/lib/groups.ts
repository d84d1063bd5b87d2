import { text } from "./http.ts"

/** Any key will do at the simulator. */
export const KEY = "bench-key"

export const PROCESSOR = "lite"

export const inputs = (count: number): ReadonlyArray<Record<string, string>> =>
  Array.from({ length: count }, (_, at) => ({
    company: `Company ${at}`,
    website: `https://company-${at}.example.com`,
    country: at % 2 === 0 ? "Germany" : "Japan",
  }))

export const SCHEMA = {
  type: "object",
  additionalProperties: false,
  required: ["founded", "headquarters", "summary"],
  properties: {
    founded: { type: "string", description: "Year the company was founded" },
    headquarters: { type: "string", description: "City and country" },
    summary: { type: "string", description: "What the company does, in two sentences" },
  },
}

export const taskSpec = { output_schema: { type: "json", json_schema: SCHEMA } }

/** Runs that end when they are added, each with an output of about 2 KB, basis included. */
export const AT_ONCE = {
  runs: {
    queue_ms: [0, 0],
    duration_ms: [0, 0],
    scale_by_processor: false,
    failure_rate: 0,
    overrides: [{ output_bytes: 2_000 }],
  },
}

/** Runs that end one after the other, `perSecond` of them, the first after `fromMs`. */
export const paced = (count: number, perSecond: number, fromMs: number) => ({
  runs: {
    ...AT_ONCE.runs,
    overrides: [
      { output_bytes: 2_000 },
      ...Array.from({ length: count }, (_, at) => ({
        input_index: at,
        ends_after_ms: fromMs + Math.round((at * 1_000) / perSecond),
      })),
    ],
  },
})

/** Runs that do not end. */
export const NEVER = { runs: { ...AT_ONCE.runs, overrides: [{ ends_after_ms: 86_400_000 }] } }

export const submissionBody = (count: number): string =>
  JSON.stringify({ inputs: inputs(count), output_type: "json", output_schema: SCHEMA, processor: PROCESSOR })

const HEADERS = { "x-api-key": KEY, "content-type": "application/json" }

/** POSTs `body`; the id of the group it became. */
export const submit = async (url: string, body: string): Promise<string> => {
  const answer = await text(`${url}/v1beta/tasks/multitask`, { method: "POST", headers: HEADERS, body })
  if (answer.status !== 200) throw new Error(`${answer.status}: ${answer.text}`)
  return answer.text.split("/").at(-1) ?? ""
}

/** An act on a group: `{id}/inputs` and the like. */
export const act = async (url: string, path: string, body: string): Promise<void> => {
  const answer = await text(`${url}/${path}`, { method: "POST", headers: HEADERS, body })
  if (answer.status !== 200) throw new Error(`${answer.status}: ${answer.text}`)
}

/** What a client without us does: create the group, and add all its batches at once. */
export const submitDirectly = async (upstream: string, count: number): Promise<string> => {
  const created = await text(`${upstream}/v1/tasks/groups`, { method: "POST", headers: HEADERS, body: "{}" })
  const { taskgroup_id } = JSON.parse(created.text) as { taskgroup_id: string }
  const rows = inputs(count)
  const batches = Array.from({ length: Math.ceil(count / 1_000) }, (_, at) =>
    rows.slice(at * 1_000, (at + 1) * 1_000),
  )
  await Promise.all(
    batches.map(async (batch) => {
      const body = JSON.stringify({
        default_task_spec: taskSpec,
        inputs: batch.map((input) => ({ input, processor: PROCESSOR })),
      })
      const added = await text(`${upstream}/v1/tasks/groups/${taskgroup_id}/runs`, {
        method: "POST",
        headers: HEADERS,
        body,
      })
      if (added.status >= 300) throw new Error(`${added.status}: ${added.text}`)
    }),
  )
  return taskgroup_id
}

export interface State {
  /** The database's size. */
  readonly bytes: number
  readonly details: { readonly state: string; readonly status_message: string }
  readonly written: {
    readonly rows: number
    readonly rowsRead: number
    readonly keys: number
    readonly alarms: number
  } | null
  /** Of all groups of this Worker. */
  readonly requests: { readonly worker: number; readonly object: number }
}

export const stateOf = async (url: string, group: string): Promise<State> =>
  JSON.parse((await text(`${url}/_bench/state/${group}`)).text) as State

/** Resolves when the group is complete; fails when that takes longer than `limitMs`. */
export const whenDone = async (url: string, group: string, limitMs: number): Promise<void> => {
  const until = performance.now() + limitMs
  for (;;) {
    const { details } = await stateOf(url, group)
    if (details.state === "ended") return
    if (performance.now() > until) throw new Error(`${group} is not done: ${JSON.stringify(details)}`)
    await new Promise((done) => setTimeout(done, 100))
  }
}

export interface Requests {
  readonly total: number
  /** Of the newest 5,000: those that were too many. */
  readonly refused: number
  readonly counts: Readonly<Record<string, number>>
}

export const requestsOf = async (simulator: string): Promise<Requests> => {
  const { total, counts, recent } = JSON.parse(
    (await text(`${simulator}/_sim/requests`)).text,
  ) as Requests & {
    readonly recent: ReadonlyArray<{ readonly status: number | null }>
  }
  return { total, counts, refused: recent.filter(({ status }) => status === 429).length }
}

export const forgetRequests = async (simulator: string): Promise<void> => {
  await text(`${simulator}/_sim/requests`, { method: "DELETE" })
}
