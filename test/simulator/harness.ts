import {
  createSimulator,
  createVirtualClock,
  type BehaviourPatch,
  type Simulator,
  type VirtualClock,
} from "../../simulator/index.ts"

/** Answers, which a test reads as it expects them to be. */
// oxlint-disable-next-line typescript/no-explicit-any
export type Loose = any

export interface StreamEvent {
  readonly id: string | undefined
  readonly event: string | undefined
  readonly data: Loose
}

/** A plain reader of event streams: all line endings, comments, several data lines; unparsable data is kept as text. */
export const parseStream = (text: string): StreamEvent[] =>
  text
    .replace(/\r\n?/g, "\n")
    .split("\n\n")
    .slice(0, -1)
    .flatMap((block) => {
      const lines = block.split("\n").filter((line) => line !== "" && !line.startsWith(":"))
      const value = (name: string) =>
        lines.filter((line) => line.startsWith(`${name}: `)).map((line) => line.slice(name.length + 2))
      const data = value("data")
      if (data.length === 0) return []
      let parsed: unknown = data.join("\n")
      try {
        parsed = JSON.parse(data.join("\n"))
      } catch {}
      return [{ id: value("id")[0], event: value("event")[0], data: parsed }]
    })

export const SCHEMA = {
  type: "object",
  properties: {
    ceo_name: { type: "string", description: "Full name of the CEO" },
    founded_year: { type: ["string", "null"], description: "Year of founding" },
  },
  required: ["ceo_name", "founded_year"],
  additionalProperties: false,
}

export const jsonSpec = (schema: object = SCHEMA) => ({
  output_schema: { type: "json", json_schema: schema },
})

export const rows = (count: number, from = 0) =>
  Array.from({ length: count }, (_, i) => ({
    input: { company: `Company ${from + i}` },
    processor: "core",
    metadata: { input_index: String(from + i) },
  }))

/** What a stream has brought so far, read in the background. */
export interface Reading {
  readonly text: string
  readonly ended: boolean
  readonly error: unknown
  readonly events: StreamEvent[]
  readonly done: Promise<void>
  cancel(): Promise<void>
}

export const read = (response: Response): Reading => {
  const reader = response.body!.getReader()
  const decoder = new TextDecoder()
  const state = { text: "", ended: false, error: undefined as unknown }
  const loop = async () => {
    try {
      for (;;) {
        const { done, value } = await reader.read()
        if (done) break
        state.text += decoder.decode(value, { stream: true })
      }
      state.ended = true
    } catch (error) {
      state.error = error
    }
  }
  const done = loop()
  return {
    get text() {
      return state.text
    },
    get ended() {
      return state.ended
    },
    get error() {
      return state.error
    },
    get events() {
      return parseStream(state.text)
    },
    done,
    cancel: () => reader.cancel(),
  }
}

export interface Harness {
  readonly clock: VirtualClock
  readonly sim: Simulator
  send(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>
  json(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Loose>
  group(): Promise<string>
  add(group: string, inputs: ReadonlyArray<object>, query?: string): Promise<Loose>
  list(group: string, query?: string): Promise<StreamEvent[]>
  open(group: string, query?: string): Promise<Reading>
}

export const harness = (behaviour?: BehaviourPatch, seed: string | number = "test"): Harness => {
  const clock = createVirtualClock()
  return wrap(createSimulator({ clock, seed, ...(behaviour === undefined ? {} : { behaviour }) }), clock)
}

export const wrap = (sim: Simulator, clock: VirtualClock): Harness => {
  const send: Harness["send"] = (method, path, body, headers = {}) =>
    sim.handle(
      new Request(`http://simulator.test${path}`, {
        method,
        headers: { "x-api-key": "test-key", "content-type": "application/json", ...headers },
        ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
      }),
    )
  const json: Harness["json"] = async (...args) => (await send(...args)).json()
  const runs = (group: string) => `/v1/tasks/groups/${group}/runs`
  return {
    clock,
    sim,
    send,
    json,
    group: async () => (await json("POST", "/v1/tasks/groups", {})).taskgroup_id as string,
    add: (group, inputs, query = "") =>
      json("POST", `${runs(group)}${query}`, { default_task_spec: jsonSpec(), inputs }),
    list: async (group, query = "") =>
      parseStream(await (await send("GET", `${runs(group)}${query}`)).text()),
    open: async (group, query = "") => read(await send("GET", `/v1/tasks/groups/${group}/events${query}`)),
  }
}
