import { env } from "cloudflare:workers"

const BASE = (env as unknown as { readonly PARALLEL_BASE_URL: string }).PARALLEL_BASE_URL

// The simulator's own types are of another world (Node's), and it checks what it is sent.

/** See simulator/behaviour/document.ts. */
type Behaviour = Readonly<Record<string, unknown>>

/** See simulator/behaviour/faultSpec.ts. */
interface QueuedFault {
  readonly route: string
  readonly times?: number
  readonly skip?: number
  readonly fault: { readonly kind: string; readonly [detail: string]: unknown }
}

/** A run as it truly is at the simulator. */
interface RunTruth {
  readonly run_id: string
  readonly input_index: number | null
  readonly status: string
  readonly final_status: string
  readonly output: { readonly content: unknown } | null
  /** Input and content to the letter. */
  readonly input_text: string
  readonly content_text: string | null
}

/** A request as it came, without its key. */
interface WholeRequest {
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | null
}

interface Requests {
  readonly total: number
  readonly counts: Readonly<Record<string, number>>
  readonly recent: ReadonlyArray<{
    readonly route: string
    readonly group: string | null
    readonly status: number | null
  }>
}

interface Webhook {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly answered: number
}

/** A simulator of one's own: its control interface over HTTP, and keys that lead the product's requests to it. */
export interface Upstream {
  readonly key: string
  /** A key whose text tells the simulator what is wrong with it: `invalid`, `nocredit`, `credit-1`. */
  keyThat(says: string): string
  url(path: string): string
  behave(patch: Behaviour): Promise<void>
  fault(fault: QueuedFault): Promise<void>
  clearFaults(): Promise<void>
  requests(): Promise<Requests>
  /** The last ones of a route, named as for faults. */
  requestsOf(route: string): Promise<ReadonlyArray<WholeRequest>>
  ledger(group: string): Promise<{ readonly num_runs: number; readonly runs: ReadonlyArray<RunTruth> }>
  groups(): Promise<ReadonlyArray<{ readonly taskgroup_id: string; readonly num_runs: number }>>
  finish(group: string): Promise<void>
  override(group: string, override: Behaviour): Promise<void>
  revoke(key: string): Promise<void>
  serveInputs(name: string, spec: Record<string, unknown>): Promise<void>
  answerWebhooks(answers: ReadonlyArray<Record<string, unknown>>): Promise<void>
  webhooks(): Promise<ReadonlyArray<Webhook>>
}

export const tenantUpstream = (tenant: string): Upstream => {
  const url = (path: string) => `${BASE}/t/${tenant}${path}`
  const send = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const response = await fetch(url(path), {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text.slice(0, 300)}`)
    return JSON.parse(text) as T
  }
  return {
    key: `${tenant}.key`,
    keyThat: (says) => `${tenant}.${says}`,
    url,
    behave: (patch) => send("PATCH", "/_sim/behaviour", patch),
    fault: (fault) => send("POST", "/_sim/faults", fault),
    clearFaults: () => send("DELETE", "/_sim/faults"),
    requests: () => send("GET", "/_sim/requests"),
    requestsOf: (route) => send("GET", `/_sim/requests/${route}`),
    ledger: (group) => send("GET", `/_sim/ledger/${group}`),
    groups: () => send("GET", "/_sim/ledger"),
    finish: (group) => send("POST", `/_sim/groups/${group}/finish`),
    override: (group, override) => send("POST", `/_sim/groups/${group}/overrides`, override),
    revoke: (key) => send("POST", "/_sim/keys/revoke", { key }),
    serveInputs: (name, spec) => send("PUT", `/_sim/inputs/${name}`, spec),
    answerWebhooks: (answers) => send("PUT", "/_sim/webhooks", answers),
    webhooks: () => send("GET", "/_sim/webhooks"),
  }
}

export const newUpstream = (): Upstream => tenantUpstream(`t${crypto.randomUUID().replaceAll("-", "")}`)

/** The simulator that requests without a usable key end up at. */
export const nobodysUpstream = tenantUpstream("nobody")
