import { behaviourSpec } from "./behaviour/document.ts"
import { merge, parse } from "./behaviour/spec.ts"
import { handleControl } from "./control/control.ts"
import { createHost } from "./control/host.ts"
import { keyId, Accounts } from "./core/accounts.ts"
import { applyFault } from "./core/applyFault.ts"
import { sleep } from "./core/clock.ts"
import { EventLogs, type Call, type Context } from "./core/context.ts"
import { ApiError, errorResponse } from "./core/errors.ts"
import { Faults } from "./core/faults.ts"
import { createRandom } from "./core/random.ts"
import { RateLimit } from "./core/rateLimit.ts"
import { RequestLog, type RequestEntry } from "./core/requestLog.ts"
import { asItWas, rewritten } from "./core/rewrites.ts"
import { matchRoute, type Match } from "./core/routes.ts"
import { Ledger } from "./ledger/ledger.ts"
import type { LedgerRecord, RunOverride } from "./ledger/types.ts"
import { ConnectionReset } from "./sse/stream.ts"
import type { BehaviourPatch, BehaviourStore, Simulator, SimulatorOptions } from "./types.ts"

const createBehaviour = (ledger: Ledger, initial: BehaviourPatch | undefined): BehaviourStore => {
  let current = parse(behaviourSpec, merge(ledger.behaviour ?? {}, initial ?? {}))
  const use = (document: unknown) => {
    current = parse(behaviourSpec, document)
    ledger.commit({ t: "behaviour", document: current })
    return current
  }
  if (initial !== undefined) use(current)
  return {
    get current() {
      return current
    },
    set: use,
    patch: (document) => use(merge(current, document)),
  }
}

const NO_OVERRIDE: RunOverride = {
  input_index: null,
  attempt: null,
  outcome: null,
  ends_after_ms: null,
  output_delay_ms: null,
  output_never: null,
  output_bytes: null,
  output_content: null,
  output_text: null,
  error_message: null,
}

export const createSimulator = (options: SimulatorOptions): Simulator => {
  const { clock } = options
  const ledger = new Ledger(String(options.seed ?? "seed"), options.journal, options.past)
  const behaviour = createBehaviour(ledger, options.behaviour)
  const accounts = new Accounts(ledger, clock, () => behaviour.current.billing.charge_failed)
  const requests = new RequestLog()
  const rates = new RateLimit(clock, () => behaviour.current.rate_limit)
  const faults = new Faults(() => ledger.seed, clock)
  const logs = new EventLogs(
    () => ledger.seed,
    () => behaviour.current,
  )
  const context: Context = { clock, ledger, accounts, requests, logs, behaviour: () => behaviour.current }

  const change = (id: string, record: LedgerRecord) => {
    const group = ledger.groups.get(id)
    if (group === undefined) ledger.commit(record)
    else logs.reschedule(group, clock.now(), () => ledger.commit(record))
  }

  const simulator: Simulator = {
    handle: (request) => handle(simulator, rates, request),
    behaviour,
    faults,
    requests,
    ledger,
    accounts,
    host: createHost(clock),
    clock,
    context,
    finish: (id) => change(id, { t: "finish", group: id, at: clock.now() }),
    override: (group, override) =>
      change(group, { t: "override", group, override: { ...NO_OVERRIDE, ...override }, at: clock.now() }),
    revokeKey: (key) => ledger.commit({ t: "key", key: keyId(key), revoked: true }),
    restoreKey: (key) => ledger.commit({ t: "key", key: keyId(key), revoked: false }),
    close: () => ledger.close(),
  }
  return simulator
}

const nextOrdinal = new WeakMap<Simulator, number>()
const ordinalOf = (simulator: Simulator): number => {
  const ordinal = nextOrdinal.get(simulator) ?? 0
  nextOrdinal.set(simulator, ordinal + 1)
  return ordinal
}

const handle = async (simulator: Simulator, rates: RateLimit, request: Request): Promise<Response> => {
  const url = new URL(request.url)
  if (url.pathname.startsWith("/_sim")) return handleControl(simulator, request, url)
  const { rewrites } = simulator.behaviour.current
  return rewritten(request, await handleApi(simulator, rates, asItWas(request, rewrites)), rewrites)
}

const handleApi = async (simulator: Simulator, rates: RateLimit, request: Request): Promise<Response> => {
  const url = new URL(request.url)
  const ordinal = ordinalOf(simulator)
  const found = matchRoute(request.method, url.pathname)
  const pattern = "route" in found ? found.route.pattern : "(unknown path)"
  const group = "route" in found ? (found.params["group"] ?? null) : null
  const entry = simulator.requests.note(simulator.clock.now(), `${request.method} ${pattern}`, group)
  try {
    if (!("route" in found)) throw noRoute(found.allowed)
    return noted(entry, await answer(simulator, rates, request, found, ordinal, entry))
  } catch (error) {
    if (error instanceof ConnectionReset) throw error
    return noted(entry, refusal(simulator, error, "route" in found ? found : null, ordinal))
  }
}

const noted = (entry: RequestEntry, response: Response): Response => {
  entry.status = response.status
  return response
}

const noRoute = (allowed: ReadonlyArray<string>): ApiError =>
  allowed.length === 0
    ? new ApiError(404, "Not found")
    : new ApiError(405, "Method not allowed", { headers: { allow: allowed.join(", ") } })

/** D6: group endpoints answer schema violations in the framework's shape, the others in upstream's. */
const refusal = (simulator: Simulator, error: unknown, found: Match | null, ordinal: number): Response => {
  const { shapes } = simulator.behaviour.current
  const known = error instanceof ApiError ? error : new ApiError(500, "Internal server error")
  if (!(error instanceof ApiError)) simulator.requests.crashes.push(String(error))
  const framework =
    known.problems !== undefined &&
    shapes.validation_errors === "framework" &&
    found?.route.name.startsWith("group.") === true
  return errorResponse(known, framework ? "framework" : shapes.errors, simulator.ledger.seed, ordinal)
}

const latencyOf = (simulator: Simulator, route: string, ordinal: number): number => {
  const { latency_ms: all, latency_by_route: byRoute } = simulator.behaviour.current.transport
  const [low, high] = byRoute[route] ?? all
  return high === 0 ? 0 : createRandom(simulator.ledger.seed, "latency", ordinal).between(low, high)
}

const answer = async (
  simulator: Simulator,
  rates: RateLimit,
  request: Request,
  found: Match,
  ordinal: number,
  entry: RequestEntry,
): Promise<Response> => {
  const { context, clock } = simulator
  const { name, handler } = found.route
  await sleep(clock, latencyOf(simulator, name, ordinal), request.signal)
  const body = await simulator.requests.keep(entry, name, request)
  const run = async (options: { partial?: boolean; stream?: Call["streamFault"] }) => {
    const account = simulator.accounts.authenticate(request)
    rates.require(account, request.method)
    return handler(context, {
      request,
      url: new URL(request.url),
      body,
      route: name,
      params: found.params,
      account,
      ordinal,
      partial: options.partial ?? false,
      streamFault: options.stream ?? null,
    })
  }
  const { faults: lasting } = simulator.behaviour.current
  const faced = { route: name, group: found.params["group"] ?? null, ordinal, body }
  const fault = simulator.faults.take(faced, lasting)
  if (fault === null) return run({})
  return applyFault(fault, { clock, seed: simulator.ledger.seed, ordinal, signal: request.signal, run })
}
