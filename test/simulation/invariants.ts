import { isTerminal } from "../../src/domain/RunStatus.ts"
import { truthOf } from "../../simulator/index.ts"
import { checkActs } from "./actChecks.ts"
import { type Attempt, checkAttempts, isLeftOut } from "./attempts.ts"
import { alarmOn } from "./disk.ts"
import { API_KEY, readJson, type Served, type World } from "./world.ts"

const LISTINGS_FREE = 12

/** What must hold at any moment. */
export const checkMoment = (world: World, data: Served): void => {
  const { violations, inputs, acts } = world
  const { length } = data.results
  if (length < data.atLeast || length > inputs.length + acts.adding)
    violations.push(`${length} results for ${inputs.length} inputs`)
  if (data.runs.length !== length) violations.push(`${data.runs.length} runs for ${length} results`)
  data.results.forEach((row, at) => {
    if (at < inputs.length && row["company"] !== inputs[at]!["company"])
      violations.push(`row ${at} is not in its place`)
    if (row["$status"] !== data.runs[at]?.["status"])
      violations.push(`row ${at} differs between results and runs`)
    if (row["$status"] === "completed" && !isWhole(row, data.runs[at]?.["output"]))
      violations.push(`row ${at} is completed without its output`)
  })
  const counts: Record<string, number> = {}
  for (const run of data.runs) counts[run["status"] as string] = (counts[run["status"] as string] ?? 0) + 1
  for (const [status, count] of Object.entries(counts)) {
    if (data.status.task_run_status_counts[status] !== count) violations.push(`counts of ${status} are wrong`)
  }
  if (world.host.disk.dump().includes(API_KEY) && data.ended)
    violations.push("the key is still there after the end")
}

/** Whether a row of `results` has what its run's output has. */
const isWhole = (row: Record<string, unknown>, output: { readonly content: object } | null | undefined) =>
  output !== null &&
  output !== undefined &&
  Object.entries(output.content).every(([name, value]) => same(row[name], value))

const same = (a: unknown, b: unknown): boolean => JSON.stringify(sorted(a)) === JSON.stringify(sorted(b))

const sorted = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(sorted)
    : typeof value === "object" && value !== null
      ? Object.fromEntries(
          Object.entries(value)
            .toSorted(([a], [b]) => (a < b ? -1 : 1))
            .map(([k, v]) => [k, sorted(v)]),
        )
      : value

type Truth = ReturnType<typeof truthOf> & { readonly neverHasOutput: boolean }

/** What must hold at each end of the group, also where somebody goes on after it. */
export const checkRest = async (world: World): Promise<Served | null> => {
  const data = await readJson(world)
  if (data === null) return (world.violations.push("the ended group cannot be read"), null)
  checkMoment(world, data)
  const newest = checkAttempts(world)
  for (const index of world.inputs.keys()) checkInput(world, data, index, newest.get(index))
  checkActs(world, data)
  if (data.status.is_active) world.violations.push("ended, but is_active")
  return data
}

/** What must hold when the group has ended for good and the viewers have gone. */
export const checkEnd = async (world: World): Promise<void> => {
  const { violations, simulator, host } = world
  const data = await checkRest(world)
  if (data === null) return
  checkViewers(world, data)
  checkWebhook(world)
  checkPace(world)
  checkListings(world)
  if (simulator.requests.crashes.length > 0)
    violations.push(`the simulator crashed: ${simulator.requests.crashes[0]}`)
  if (host.openRequests > 0) violations.push(`${host.openRequests} upstream requests are still open`)
  if (simulator.requests.open > 0) violations.push("an upstream event stream is still open")
  if (alarmOn(host.disk) === null) violations.push("no alarm is set for the removal")
}

const checkInput = (world: World, data: Served, index: number, newest: Attempt | undefined): void => {
  const { violations, weather, simulator } = world
  const { run_id: shown, status } = data.runs[index] ?? {}
  if (newest === undefined || shown !== newest.runId || status !== newest.status)
    return void violations.push(
      `row ${index} is shown as ${status} (${shown}), not ${JSON.stringify(newest)}`,
    )
  const run = newest.runId === null ? undefined : simulator.ledger.runs.get(newest.runId)
  if (run !== undefined) {
    const neverHasOutput = run.outputDelay === null
    return checkRow(world, index, { ...truthOf(simulator.context, run), neverHasOutput }, data)
  }
  // Whoever stopped the group knows; how many they may be is checked with the acts.
  if (isLeftOut(newest) && world.acts.mayBeLeftOut) return
  const refused = status === "failed"
  // A fault may answer in the place of who finds fault with the row.
  if (index === weather.badRow && !refused) violations.push(`row ${index} was refused, but has not failed`)
  if (refused && index === weather.badRow && weather.edge !== null)
    checkTold(world, data, index, weather.edge)
  const mayBeRefused =
    index === weather.badRow ||
    weather.faults.some(({ fault }) => fault.kind === "status" && [402, 422].includes(fault.status))
  if (!refused || !mayBeRefused) violations.push(`input ${index} has no upstream run`)
}

const checkTold = ({ violations }: World, data: Served, index: number, status: number): void => {
  const text = JSON.stringify(data.runs[index]!["error"])
  if (!text.includes(String(status))) violations.push(`row ${index} does not say ${status}: ${text}`)
}

const checkRow = (world: World, index: number, truth: Truth, data: Served): void => {
  const { violations } = world
  const run = data.runs[index]!
  const result = data.results[index]!
  if (run["run_id"] !== truth.run_id)
    violations.push(`row ${index} shows ${run["run_id"]}, upstream has ${truth.run_id}`)
  const changes = (world.weather.behaviour.runs?.change_after_end?.rate ?? 0) > 0
  const neverCame = truth.neverHasOutput && truth.final_status === "completed" && run["status"] === "failed"
  if (neverCame && !/output/i.test(JSON.stringify(run["error"])))
    violations.push(`row ${index} does not say that its output never came: ${JSON.stringify(run["error"])}`)
  if (run["status"] !== truth.final_status && !changes && !neverCame) {
    violations.push(`row ${index} is ${run["status"]}, upstream says ${truth.final_status}`)
  }
  if (!isTerminal(run["status"] as string)) violations.push(`row ${index} ended as ${run["status"]}`)
  if (
    run["status"] === "failed" &&
    truth.final_status === "failed" &&
    !changes &&
    !same(run["error"], truth.error)
  ) {
    violations.push(`row ${index} has another error`)
  }
  if (run["status"] !== "completed" || truth.output === null || run["output"] === null) {
    return
  }
  const { content, basis } = run["output"] as { content: unknown; basis: unknown }
  const expected = truth.output as { content: unknown; basis: unknown }
  const plain =
    typeof expected.content === "string" ? (JSON.parse(expected.content) as unknown) : expected.content
  if (!same(content, plain)) violations.push(`row ${index} has another output`)
  if (!same(basis, expected.basis)) violations.push(`row ${index} has another basis`)
  for (const [name, value] of Object.entries(plain as object)) {
    if (!same(result[name], value)) violations.push(`row ${index} has another ${name} in results`)
  }
}

const checkViewers = (world: World, data: Served): void => {
  for (const [at, viewer] of world.viewers.entries()) {
    if (!viewer.done) world.violations.push(`viewer ${at} never saw done`)
    data.runs.forEach((run, index) => {
      const seen = viewer.runs.get(index)
      if (seen?.status !== run["status"] || seen?.hasOutput !== (run["output"] !== null)) {
        world.violations.push(`viewer ${at} last saw row ${index} as ${seen?.status}, it is ${run["status"]}`)
      }
    })
  }
}

/**
 * Listings take at most 2 % of the time. Some are made whatever they take: where ours begins and ends, and where the
 * answer to a batch was lost.
 */
const checkListings = ({ listings, clock, started, violations }: World): void => {
  const all = listings.reduce((sum, ms) => sum + ms, 0)
  const free = LISTINGS_FREE * Math.max(0, ...listings)
  if (all > free + 0.02 * (clock.now() - started))
    violations.push(`${listings.length} listings took ${(all / 1000).toFixed(1)} s`)
}

/** Never more than one connection a second, however the stream ends; a restart may come sooner. */
const checkPace = (world: World): void => {
  const opened = world.simulator.requests.recent
    .filter(({ route }) => route.endsWith("/events"))
    .map(({ at }) => at)
  const hasty = opened.filter((at, index) => index > 0 && at - opened[index - 1]! < 950).length
  const restarts = world.timeline.filter((line) => line.includes("Following stopped")).length
  if (hasty > world.host.constructed + restarts)
    world.violations.push(`${hasty} event streams were opened within a second of another`)
}

const checkWebhook = (world: World): void => {
  const { violations, weather, simulator, acts } = world
  const all = simulator.host.webhooks.received
  if (weather.webhook === "none") {
    if (all.length > 0) violations.push("a webhook was sent that nobody asked for")
    return
  }
  // Of the last end, and by its id: what became of those before is checked with the acts.
  const received = all.filter(({ headers }) => headers["webhook-id"] === all.at(-1)?.headers["webhook-id"])
  if (acts.formerIds.has(received[0]?.headers["webhook-id"] ?? "none"))
    violations.push("the webhook did not tell of the last end")
  // A redirect is not followed: whoever answers with one has run (SPEC §3).
  const accepted = received.filter(({ answered }) => answered >= 200 && answered < 400).length
  const calm = weather.crashRate === 0 && weather.hiccupRate === 0 && weather.alarmTwice === 0
  if (weather.webhook === "redirecting" && calm && received.length > 1)
    violations.push("the webhook came again after a redirect")
  if (weather.webhook === "gone" && (accepted > 0 || received.at(-1)?.answered !== 410)) {
    violations.push("the webhook did not stop when its receiver was gone")
  }
  if (weather.webhook !== "gone" && accepted === 0) violations.push("the webhook was never accepted")
  if (received.some(({ name }) => name === "elsewhere")) violations.push("the webhook followed a redirect")
}
