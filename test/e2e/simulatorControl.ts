/** What the simulator's control interface answers, as far as these tests use it. */

export interface TrueRun {
  readonly run_id: string
  readonly input_index: number
  /** From 1. */
  readonly attempt: number
  readonly input: unknown
  /** As it came, to the letter. */
  readonly input_text: string
  readonly final_status: string
  readonly status: string
  readonly error: { readonly message: string } | null
  readonly output: { readonly content: unknown } | null
  /** As it was sent, to the letter. */
  readonly content_text: string | null
}

/** A request as it came, without its key. */
export interface WholeRequest {
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | null
  readonly status: number | null
}

export interface Truth {
  readonly taskgroup_id: string
  readonly metadata: Record<string, unknown>
  readonly num_runs: number
  readonly runs: ReadonlyArray<TrueRun>
}

export interface Requests {
  readonly counts: Readonly<Record<string, number>>
  readonly total: number
  readonly event_streams: { readonly open: number; readonly max_open: number; readonly opened: number }
  readonly crashes: ReadonlyArray<string>
}

export interface ReceivedWebhook {
  readonly name: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly answered: number
}

/** `/_sim` of a running simulator. Every mistake in a request fails the test that made it. */
export const simulatorControl = (url: () => string) => {
  const ask = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const response = await fetch(`${url()}/_sim/${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(20_000),
    })
    if (!response.ok) throw new Error(`${method} /_sim/${path}: ${response.status} ${await response.text()}`)
    return (await response.json()) as T
  }
  return {
    ledger: (group: string) => ask<Truth>("GET", `ledger/${group}`),
    ledgerWithoutOutputs: (group: string) => ask<Truth>("GET", `ledger/${group}?output=false`),
    groups: () => ask<ReadonlyArray<{ taskgroup_id: string; num_runs: number }>>("GET", "ledger"),
    requests: () => ask<Requests>("GET", "requests"),
    /** The last ones of a route, named as for faults. */
    requestsOf: (route: string) => ask<ReadonlyArray<WholeRequest>>("GET", `requests/${route}`),
    forgetRequests: () => ask<Requests>("DELETE", "requests"),
    behave: (patch: unknown) => ask("PATCH", "behaviour", patch),
    /** From now on the run of this input does not end before `finish`. */
    hold: (index: number) =>
      ask("PATCH", "behaviour", { runs: { overrides: [{ input_index: index, ends_after_ms: 3_600_000 }] } }),
    finish: (group: string) => ask("POST", `groups/${group}/finish`),
    /** Forces the fate of runs of a group that exist or will. */
    override: (group: string, override: unknown) => ask("POST", `groups/${group}/overrides`, override),
    fault: (document: unknown) => ask("POST", "faults", document),
    serveInputs: (name: string, spec: unknown) => ask("PUT", `inputs/${name}`, spec),
    webhooks: () => ask<ReadonlyArray<ReceivedWebhook>>("GET", "webhooks"),
    answerWebhooks: (answers: unknown) => ask("PUT", "webhooks", answers),
  }
}
