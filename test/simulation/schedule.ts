import { addNeighbour, areOursKnown, type Neighbour } from "./neighbours.ts"
import type { Weather } from "./weather.ts"
import { keyOf, type World } from "./world.ts"

const HOUR = 3_600_000

/** Faults begin when the group exists and end when the weather clears. */
export const schedule = (world: World) => {
  const { clock, simulator, weather, log } = world
  const { badRow, edge, longTrouble } = weather
  if (badRow !== null && edge === null) spoilRow(world, badRow)
  simulator.host.webhooks.answerWith(webhookAnswers(weather.webhook))
  // An edge is no weather: what it does not take today it does not take tomorrow; and it stands in front of all else.
  const edges = badRow !== null && edge !== null ? [edgeAgainst(badRow, edge)] : []
  simulator.behaviour.patch({ faults: [...edges, ...weather.faults] as never })
  if (longTrouble !== null) {
    const { startsAt, routes, fault } = longTrouble
    const rules = routes.map((route) => ({ route, probability: 1, fault }))
    clock.setTimer(startsAt, () => {
      log(`for ${(longTrouble.ms / HOUR).toFixed(1)} h: ${JSON.stringify(fault)} on ${routes.join(", ")}`)
      simulator.behaviour.patch({ faults: rules })
    })
  }
  clock.setTimer(weather.clearsAt, () => {
    log("the weather clears")
    simulator.behaviour.patch({ faults: edges })
    simulator.accounts.requireCredit = () => {}
  })
  for (const neighbour of weather.neighbours) expectNeighbour(world, neighbour)
  world.acts.schedule()
  const handle = simulator.handle.bind(simulator)
  simulator.handle = (request) => {
    world.acts.noteRequest(request)
    return handle(request)
  }
  const note = simulator.requests.note.bind(simulator.requests)
  simulator.requests.note = (at, route, group) => {
    log(`-> ${route}`)
    return note(at, route, group)
  }
}

/** An edge in front of upstream that takes no request with this row. */
export const edgeAgainst = (row: number, status: number) => ({
  route: "group.runs.add" as const,
  when: { body_contains: `"Company ${row}"` },
  fault: { kind: "status" as const, status, body: "html" as const },
})

const expectNeighbour = (world: World, neighbour: Neighbour) => {
  const { clock, simulator, weather } = world
  const { at, kind } = neighbour
  const add = () => addNeighbour(world, keyOf(weather), neighbour)
  if (at > 0) {
    clock.setTimer(at, () => {
      // Before ours are known, nobody could tell whose these are.
      if ((kind === "plain" || kind === "out_of_range" || areOursKnown(world)) && !world.refused) void add()
    })
    return
  }
  const handle = simulator.handle.bind(simulator)
  let first = true
  simulator.handle = async (request) => {
    const before = first && /\/v1\/.*\/runs$/.test(new URL(request.url).pathname)
    if (before) {
      first = false
      await addNeighbour(world, keyOf(weather), {
        kind: kind === "plain" ? kind : "out_of_range",
        lastsMs: neighbour.lastsMs,
      })
    }
    return handle(request)
  }
}

/** Upstream finds fault with this row, and so takes no batch that holds it. */
export const spoilRow = ({ simulator }: World, row: number) => {
  const handle = simulator.handle.bind(simulator)
  // A request that has been collected does not pass on that it was cut, and what it hung on would happen all the same.
  const held = new Set<Request>()
  simulator.handle = async (request) => {
    if (request.method !== "POST" || !new URL(request.url).pathname.endsWith("/runs")) return handle(request)
    const { url, method, headers, signal } = request
    const body = (await request.json()) as { inputs: ReadonlyArray<{ input: { company: string } }> }
    const inputs = body.inputs.map((one) =>
      one.input.company === `Company ${row}` ? { ...one, input: row } : one,
    )
    held.add(request)
    const spoilt = new Request(url, { method, headers, signal, body: JSON.stringify({ ...body, inputs }) })
    return handle(spoilt).finally(() => held.delete(request))
  }
}

const webhookAnswers = (kind: Weather["webhook"]) => {
  switch (kind) {
    case "refusing":
      return [{ status: 500 }, { status: 503 }, { status: 404 }]
    case "slow":
      return [
        { status: 200, delay_ms: 20_000 },
        { status: 200, delay_ms: 20_000 },
      ]
    case "redirecting":
      return [{ status: 302, location: "http://parallel.test/_sim/webhooks/elsewhere" }]
    case "gone":
      return [{ status: 500 }, { status: 410, lasting: true }]
    default:
      return []
  }
}
