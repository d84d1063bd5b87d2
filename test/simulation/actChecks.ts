import { usdPerRun } from "../../src/domain/Processors.ts"
import { attemptsOf, isLeftOut, newestAttempts } from "./attempts.ts"
import { ourRuns } from "./neighbours.ts"
import { webhookIds } from "./acts.ts"
import { API_KEY, readJson, type Served, type World } from "./world.ts"

const SECOND = 1_000
const HOUR = 3_600_000
const DAY = 24 * HOUR

/** What acts have to do with, at each end of the group. */
export const checkActs = (world: World, data: Served): void => {
  const { violations, acts, host, settings, weather } = world
  const attempts = attemptsOf(world)
  const [least, most] = [acts.again, acts.againAtMost].map((again) => world.inputs.length + again)
  if (attempts.length < least! || attempts.length > most!)
    violations.push(`${attempts.length} attempts, but ${least} to ${most} were answered as started`)
  const leftOut = [...newestAttempts(attempts).values()].filter(isLeftOut).length
  if (leftOut > 0 && !acts.mayBeLeftOut)
    violations.push(`${leftOut} rows were left out, but nobody stopped anything`)
  if (acts.stopped !== null && leftOut < acts.stopped.notSent)
    violations.push(`${acts.stopped.notSent} rows were to be left out, but ${leftOut} are`)
  const { state, estimated_cost_usd: cost } = data.status
  const expected = leftOut > 0 ? "stopped" : "done"
  if (state !== expected) violations.push(`the state at the end is ${state}, not ${expected}`)
  const spent = ourRuns(world).reduce((sum, run) => sum + (usdPerRun(run.processor) ?? 0), 0)
  if (cost === null || Math.abs(cost - spent) > 1e-6)
    violations.push(`it says to cost ${cost} USD, not ${spent}`)
  const [[endedAt, removalAt] = []] = host.disk.exec("SELECT ended_at, removal_at FROM details", [])
  if (Number(endedAt) < acts.activeSince) violations.push("the end is older than what was done last")
  if (Number(removalAt) - Number(endedAt) !== settings.RETENTION_DAYS * DAY)
    violations.push(`the removal is due ${(Number(removalAt) - Number(endedAt)) / DAY} days after the end`)
  if (host.disk.dump().includes(API_KEY)) violations.push("a key is still there after an end")
  if (weather.webhook !== "none") checkWebhookIds(world)
}

/** Each end has an id of its own, and an end that is none any more has no deliveries. */
const checkWebhookIds = (world: World): void => {
  const { violations, simulator, acts } = world
  const ids = webhookIds(world)
  const turns = ids.filter((id, at) => id !== ids[at - 1])
  if (new Set(turns).size !== turns.length)
    violations.push("a webhook of an earlier end came after a later one's")
  if (turns.length > 1 + acts.mayHaveEnded) violations.push(`${turns.length} ends were told by webhook`)
  const { received } = simulator.host.webhooks
  if (received.some(({ at }, index) => at > acts.activeSince && acts.formerIds.has(ids[index]!)))
    violations.push("a webhook of an end that is none any more was delivered")
}

/** A group that was deleted: nothing is sent, nothing is stored but that it was there, and that for a day. */
export const checkDeleted = async (world: World): Promise<void> => {
  const { violations, clock, host, acts, weather, started, simulator } = world
  const since = acts.deletedAt!
  // Streams end within seconds, and who comes back is told that there is nothing.
  await clock.advance(60 * SECOND)
  for (const [at, viewer] of world.viewers.entries())
    if (viewer.isWatching && !viewer.finished) violations.push(`viewer ${at} still watches a deleted group`)
  await clock.advance(Math.max(0, started + weather.clearsAt - clock.now()) + HOUR)
  const dump = host.disk.dump()
  if ([API_KEY, "Company ", "Added ", world.groupId].some((text) => dump.includes(text)))
    violations.push("the group was deleted, but something of it is stored")
  if ((await readJson(world)) !== null) violations.push("the group was deleted, but can be read")
  if (clock.now() < since + 23 * HOUR) await checkStaysDeleted(world)
  if (simulator.host.webhooks.received.some(({ at }) => at > since))
    violations.push("the group was deleted, but its webhook was sent")
  await clock.advance(Math.max(0, since + 25 * HOUR - clock.now()))
  if (!host.disk.isEmpty()) violations.push("a day after the group was deleted, something is stored")
  if (host.openRequests > 0) violations.push(`${host.openRequests} upstream requests are still open`)
}

/** Who was about to create it, or says it again, does not bring it back. */
const checkStaysDeleted = async (world: World): Promise<void> => {
  const { violations, clock, host, begun } = world
  if (begun === null) return
  const again = async () => {
    const answer = await host.call((it) => it.begin(...begun))
    const committed = await host.call((it) => it.commit(0))
    const piece = await host.call((it) => it.addPiece("late", 0, ["{}"]))
    const wasHere = await host.call((it) => it.wasHere())
    return { answer, committed: committed._tag, piece, wasHere }
  }
  let told: Awaited<ReturnType<typeof again>> | null = null
  void again().then((answers) => (told = answers))
  await clock.advanceUntil(() => told !== null, HOUR)
  const expected = { answer: "different", committed: "Incomplete", piece: "gone", wasHere: true }
  if (JSON.stringify(told) !== JSON.stringify(expected))
    violations.push(`a deleted group was begun again: ${JSON.stringify(told)}`)
}
