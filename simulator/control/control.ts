import { overrideFields } from "../behaviour/document.ts"
import { ROUTES, type RouteName } from "../behaviour/faultSpec.ts"
import { InvalidDocument, object, parse, string } from "../behaviour/spec.ts"
import { ApiError, errorResponse, notFound } from "../core/errors.ts"
import { wholeView } from "../core/requestLog.ts"
import type { TaskGroup } from "../ledger/types.ts"
import type { Simulator } from "../types.ts"
import { groupTruth, ledgerResponse } from "./ledgerView.ts"

type Action = (simulator: Simulator, request: Request, url: URL, name: string) => Promise<Response> | Response

const ENDPOINTS = {
  "GET /_sim/ledger": "all groups",
  "GET /_sim/ledger/{group}": "every run with its final status and output (?output=false without outputs)",
  "GET|DELETE /_sim/requests": "requests so far; DELETE counts from 0 again",
  "GET /_sim/requests/{route}": "the last requests of a route with headers and body as they came, but no key",
  "GET|PUT|PATCH /_sim/behaviour":
    "everything that may be done differently; PUT from the defaults, PATCH from what holds",
  "GET|POST|DELETE /_sim/faults": "faults for the next requests",
  "POST /_sim/groups/{group}/finish": "ends all runs now",
  "POST /_sim/groups/{group}/overrides": "forces the fate of runs",
  "POST /_sim/keys/revoke": '{"key"}: that key gets 401 from now on',
  "POST /_sim/keys/restore": '{"key"}: takes it back',
  "GET|PUT|DELETE /_sim/webhooks": "what was received; PUT sets the next answers",
  "POST /_sim/webhooks/{name}": "receives a webhook",
  "GET|PUT /_sim/inputs/{name}":
    "a JSON array of inputs (?count=, status=, redirect=, delay_ms=, stall_ms=, body=)",
}

const jsonOf = async (request: Request): Promise<unknown> => {
  const text = await request.text()
  try {
    return text === "" ? {} : JSON.parse(text)
  } catch {
    throw new ApiError(400, "The body is not JSON")
  }
}

const groupOf = (simulator: Simulator, id: string): TaskGroup => {
  const group = simulator.ledger.groups.get(id)
  if (group === undefined) throw notFound("TaskGroup")
  return group
}

const routeOf = (name: string): RouteName => {
  const route = ROUTES.find((one) => one === name)
  if (route === undefined) throw new ApiError(404, `No such route; there are ${ROUTES.join(", ")}`)
  return route
}

const overrideDocument = object(overrideFields)
const keyDocument = object({ key: string() })

const setKey = async (simulator: Simulator, request: Request, revoked: boolean) => {
  const { key } = parse(keyDocument, await jsonOf(request))
  if (key === "") throw new ApiError(422, "key: expected the key's text")
  if (revoked) simulator.revokeKey(key)
  else simulator.restoreKey(key)
  return Response.json({ revoked })
}

const actions: ReadonlyArray<readonly [string, RegExp, Action]> = [
  ["GET", /^\/_sim\/?$/, () => Response.json(ENDPOINTS)],
  [
    "GET",
    /^\/_sim\/ledger$/,
    (sim) => Response.json([...sim.ledger.groups.values()].map((group) => groupTruth(sim.context, group))),
  ],
  [
    "GET",
    /^\/_sim\/ledger\/([^/]+)$/,
    (sim, _, url, id) =>
      ledgerResponse(sim.context, groupOf(sim, id), url.searchParams.get("output") !== "false"),
  ],
  ["GET", /^\/_sim\/requests$/, (sim) => Response.json(sim.requests)],
  [
    "DELETE",
    /^\/_sim\/requests$/,
    (sim) => {
      sim.requests.reset()
      return Response.json(sim.requests)
    },
  ],
  [
    "GET",
    /^\/_sim\/requests\/([^/]+)$/,
    (sim, _, __, name) => Response.json(sim.requests.whole(routeOf(name)).map(wholeView)),
  ],
  ["GET", /^\/_sim\/behaviour$/, (sim) => Response.json(sim.behaviour.current)],
  [
    "PUT",
    /^\/_sim\/behaviour$/,
    async (sim, request) => Response.json(sim.behaviour.set((await jsonOf(request)) as {})),
  ],
  [
    "PATCH",
    /^\/_sim\/behaviour$/,
    async (sim, request) => Response.json(sim.behaviour.patch((await jsonOf(request)) as {})),
  ],
  ["GET", /^\/_sim\/faults$/, (sim) => Response.json(sim.faults.waiting)],
  [
    "POST",
    /^\/_sim\/faults$/,
    async (sim, request) => Response.json(sim.faults.push((await jsonOf(request)) as {})),
  ],
  [
    "DELETE",
    /^\/_sim\/faults$/,
    (sim) => {
      sim.faults.clear()
      return Response.json([])
    },
  ],
  [
    "POST",
    /^\/_sim\/groups\/([^/]+)\/finish$/,
    (sim, _, __, id) => {
      const group = groupOf(sim, id)
      sim.finish(id)
      return Response.json(groupTruth(sim.context, group))
    },
  ],
  [
    "POST",
    /^\/_sim\/groups\/([^/]+)\/overrides$/,
    async (sim, request, _, id) => {
      groupOf(sim, id)
      const override = parse(overrideDocument, await jsonOf(request))
      sim.override(id, override)
      return Response.json(override)
    },
  ],
  ["POST", /^\/_sim\/keys\/revoke$/, (sim, request) => setKey(sim, request, true)],
  ["POST", /^\/_sim\/keys\/restore$/, (sim, request) => setKey(sim, request, false)],
  ["GET", /^\/_sim\/webhooks$/, (sim) => Response.json(sim.host.webhooks.received)],
  [
    "PUT",
    /^\/_sim\/webhooks$/,
    async (sim, request) => {
      sim.host.webhooks.answerWith(await jsonOf(request))
      return Response.json({ ok: true })
    },
  ],
  [
    "DELETE",
    /^\/_sim\/webhooks$/,
    (sim) => {
      sim.host.webhooks.clear()
      return Response.json([])
    },
  ],
  [
    "POST",
    /^\/_sim\/webhooks(?:\/([^/]+))?$/,
    (sim, request, _, name) => sim.host.webhooks.receive(request, name),
  ],
  [
    "GET",
    /^\/_sim\/inputs\/([^/]+)$/,
    (sim, request, url, name) => sim.host.inputs.respond(request, name, url),
  ],
  [
    "PUT",
    /^\/_sim\/inputs\/([^/]+)$/,
    async (sim, request, _, name) => Response.json(sim.host.inputs.serve(name, await jsonOf(request))),
  ],
]

const known = (error: unknown): ApiError => {
  if (error instanceof ApiError) return error
  if (!(error instanceof InvalidDocument)) throw error
  return new ApiError(422, error.message, { detail: { errors: error.problems } })
}

/** The control interface: errors are in the API's shape, too. */
export const handleControl = async (simulator: Simulator, request: Request, url: URL): Promise<Response> => {
  try {
    for (const [method, pattern, action] of actions) {
      const match = request.method === method ? pattern.exec(url.pathname) : null
      if (match !== null) return await action(simulator, request, url, match[1] ?? "")
    }
    throw new ApiError(404, "No such control endpoint; GET /_sim lists them")
  } catch (error) {
    return errorResponse(known(error), "upstream", simulator.ledger.seed, 0)
  }
}
