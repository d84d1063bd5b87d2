import type { Act, ActOutcome } from "../../src/domain/Act.ts"
import type { TaskGroupObject } from "../../src/do/TaskGroupObject.ts"
import { attemptsOf, isLeftOut, newestAttempts } from "./attempts.ts"
import { actOf, answerOf, isKept, type PlannedAct, rowsOf } from "./plannedActs.ts"
import { keyOf } from "./keys.ts"
import type { World } from "./world.ts"

const MINUTE = 60_000
/** The platform's own retries of a call, and those of whoever calls. */
const TRIES = 200
/** How long a read that fails is tried again, at most. */
const READ_MS = 3 * MINUTE

/** What has been done, for those who check: only what was answered counts. */
export class Acts {
  /** The key that counts. */
  key: string
  /** All requests after that moment carry it, epoch milliseconds; 0: no act has brought one. */
  keySince = 0
  /** Rows that somebody is adding right now. */
  adding = 0
  /** Attempts that were answered as started: exactly so many, and so many more at most. */
  again = 0
  againAtMost = 0
  /** Since when nothing may be sent, and how many rows are left out at least; null when somebody has gone on since. */
  stopped: { readonly at: number; readonly notSent: number } | null = null
  /** Rows may be left unsent: somebody has stopped the group, and nobody resumed it since. */
  mayBeLeftOut = false
  /** When the group was last made active again for certain, or born. */
  activeSince: number
  /** Webhook ids of the ends before that. */
  formerIds: ReadonlySet<string> = new Set()
  /** So many ends may have come before the last one. */
  mayHaveEnded = 0
  deletedAt: number | null = null
  lastAt = 0
  underWay = 0
  toCome: number
  /** Nobody will do anything any more. */
  areOver = false
  /** How often what happened, to see that the weather is one. */
  readonly tally: Record<string, number> = {}
  private count = 0
  private queue: Promise<void> = Promise.resolve()
  private readonly world: World

  constructor(world: World) {
    this.world = world
    this.key = world.wish.key ?? keyOf(world.weather)
    this.activeSince = world.started
    this.toCome = world.weather.acts.during.length
  }

  /** Those of the time at work are. */
  get haveCome(): boolean {
    return this.underWay === 0 && this.toCome === 0
  }

  /** Those of the time at work. */
  schedule(): void {
    for (const act of this.world.weather.acts.during)
      this.world.clock.setTimer(act.at, () => {
        this.toCome--
        void this.perform(act)
      })
  }

  /** Each in its turn: of acts at once, nobody could tell which came first. */
  perform(planned: PlannedAct): Promise<void> {
    this.underWay++
    this.queue = this.queue
      .then(() => this.one(planned))
      .catch((error: unknown) => void this.world.violations.push(`an act broke: ${String(error)}`))
      .finally(() => {
        this.underWay--
      })
    return this.queue
  }

  private async one(planned: PlannedAct): Promise<void> {
    const { world } = this
    const number = ++this.count
    const rows = rowsOf(planned, number)
    const name = `pieces-${number}`
    const before = this.look()
    this.adding = rows.length
    // Who goes on ends the time in which nothing is sent.
    if (SENDS.has(planned.kind)) this.stopped = null
    const pieces = await this.bring(name, rows)
    const key = planned.key === "same" ? this.key : `${keyOf(world.weather)}-${number}`
    const record = { name: `record-${number}`, bodyHash: `body-${number}` }
    const { dice, inputs } = world
    const act: Act = { ...actOf(planned, { dice, pieces: name, numInputs: inputs.length }), key, record }
    const send = () => this.ask((it) => it.act(act))
    const outcomes = await Promise.all(planned.twice ? [send(), send()] : [send()])
    this.adding = 0
    world.log(`act ${number}: ${JSON.stringify(planned)} ${JSON.stringify(outcomes)}`)
    this.take({ planned, key, rows, before, pieces }, outcomes)
    const outcome = outcomes.find((one) => isKept(planned, one))
    if (outcome !== undefined && dice.chance(0.2)) await this.reuse(act, outcome)
  }

  /** In two pieces, of which one comes twice, as it does when its answer is lost. */
  private async bring(name: string, rows: Asked["rows"]): Promise<"stored" | "gone"> {
    const middle = Math.floor(rows.length / 2)
    let all: "stored" | "gone" = "stored"
    for (const [from, to] of [
      [0, middle],
      [middle, rows.length],
      [0, middle],
    ] as const) {
      const texts = rows.slice(from, to).map((row) => JSON.stringify(row))
      if (texts.length > 0 && (await this.ask((it) => it.addPiece(name, from, texts))) === "gone")
        all = "gone"
    }
    return all
  }

  /** Asks as often as it takes: an object that died may or may not have done it. */
  private async ask<A>(use: (object: TaskGroupObject) => Promise<A>): Promise<A> {
    const { host, clock, dice, weather, started } = this.world
    // It dies while it acts, or the answer is lost, also where nothing else makes it die.
    const mayDie = () =>
      clock.now() < started + weather.clearsAt && dice.chance(weather.crashRate > 0 ? 0.4 : 0.05)
    for (let tries = 1; ; tries++) {
      try {
        const asked = host.call(use)
        if (mayDie()) void dieWithin(dice.whole(0, 5), () => host.kill("while it is asked"))
        return await asked
      } catch (error) {
        if (tries === TRIES) throw error
        await new Promise<void>((resolve) => void clock.setTimer(dice.between(100, 10_000), resolve))
      }
    }
  }

  private note(what: string): void {
    this.tally[what] = (this.tally[what] ?? 0) + 1
  }

  /** The group as it is on the disk. */
  look() {
    const { host, clock } = this.world
    const state = host.state()
    const newest = state === null ? [] : [...newestAttempts(attemptsOf(this.world)).values()]
    return {
      at: clock.now(),
      state,
      leftOut: newest.filter(isLeftOut).length,
      dump: state === "ended" ? host.disk.dump() : null,
      webhookIds: webhookIds(this.world),
    }
  }

  private take({ planned, key, rows, before, pieces }: Asked, outcomes: ReadonlyArray<ActOutcome>): void {
    const { violations, clock, host, inputs } = this.world
    const isDelete = planned.kind === "delete"
    // What had nothing to do is not kept, so that the same a moment later may have.
    const kept = outcomes.filter((one) => isKept(planned, one))
    const outcome = kept[0] ?? outcomes.find(({ _tag }) => _tag === "Done") ?? outcomes[0]!
    if (new Set(kept.map(answerOf)).size > 1)
      violations.push(`one act was answered differently: ${JSON.stringify(outcomes)}`)
    this.lastAt = clock.now()
    // Of a delete whose answer was lost it is known that nothing is there any more.
    if (isDelete && isHere(before.state) && !isHere(host.state())) {
      this.deletedAt = clock.now()
      return this.note(before.state === "ended" ? "deleted at rest" : "deleted")
    }
    if (outcome._tag === "Done" && outcomes.every((one) => one._tag === "Done" && one.replayed))
      this.note("answered after all")
    if (outcome._tag !== "Done") {
      this.note(outcome._tag)
      const expected =
        (outcome._tag === "Refused" && planned.kind === "dear") ||
        (outcome._tag === "Gone" && !(isHere(before.state) && isHere(host.state()))) ||
        (outcome._tag === "Receiving" && !isHere(before.state)) ||
        // Rows that came before the group was there are not kept, nor for longer than ten minutes.
        (outcome._tag === "PiecesLost" && (pieces !== "stored" || clock.now() - before.at >= 10 * MINUTE))
      if (!expected) violations.push(`${planned.kind} was answered with ${JSON.stringify(outcome)}`)
      return this.checkUnchanged(planned, before)
    }
    const answer = JSON.parse(outcome.answer) as Record<string, number | undefined>
    const { added = 0, first_index: firstIndex, retried = 0, resumed = 0, not_sent: notSent = 0 } = answer
    switch (planned.kind) {
      case "inputs":
        if (firstIndex !== inputs.length || added !== rows.length)
          violations.push(`rows were added elsewhere than behind ${inputs.length}: ${outcome.answer}`)
        inputs.push(...rows)
        break
      case "failed":
      case "rows":
        this.again += retried
        this.againAtMost += retried
        break
      case "resume": {
        // At rest it is known which rows go on as new attempts.
        const isSure = before.state === "ended"
        this.again += isSure ? before.leftOut : 0
        this.againAtMost += isSure ? before.leftOut : resumed
        this.mayBeLeftOut = false
        break
      }
      case "stop":
        this.mayBeLeftOut = true
        this.stopped = {
          at: this.stopped?.at ?? clock.now(),
          notSent: notSent + (this.stopped?.notSent ?? 0),
        }
        break
      default:
    }
    if (added + retried + resumed + notSent > 0) this.note(planned.kind)
    if (planned.kind === "dear" && retried > 0) violations.push("a retry went above its cap")
    const isPlan = planned.kind === "plan" || planned.kind === "dear"
    if (!isPlan && added + retried + resumed > 0) this.goOn(planned, key, before)
    else if (notSent === 0) this.checkUnchanged(planned, before)
  }

  private goOn(planned: PlannedAct, key: string, before: Before): void {
    const { simulator, clock, log } = this.world
    const old = this.key
    this.key = key
    this.keySince = clock.now()
    this.mayHaveEnded++
    if (before.state === "ended") {
      this.activeSince = clock.now()
      this.formerIds = new Set(before.webhookIds)
      this.note("active again")
    }
    if (planned.key !== "replacing" || old === key) return
    log("the key before is revoked")
    simulator.revokeKey(old)
  }

  /** A group at rest is as it was. */
  private checkUnchanged({ kind }: PlannedAct, before: Before): void {
    const { host, violations, weather, clock } = this.world
    // Pieces that no act took in wait for their time, and a webhook goes its own way.
    if (before.dump === null || kind === "inputs" || weather.webhook !== "none" || clock.now() !== before.at)
      return
    if (host.disk.dump() !== before.dump) violations.push(`${kind} had nothing to do, but changed something`)
  }

  /** A request is on its way to upstream. */
  noteRequest(request: Request): void {
    const { violations, clock } = this.world
    const { pathname } = new URL(request.url)
    if (!pathname.startsWith("/v1/")) return
    const after = (at: number | undefined | null) => at !== undefined && at !== null && clock.now() > at
    const what = `${request.method} ${pathname}`
    if (after(this.deletedAt)) violations.push(`after the group was deleted: ${what}`)
    if (after(this.stopped?.at) && request.method === "POST")
      violations.push(`after the group was stopped: ${what}`)
    const key = request.headers.get("x-api-key")
    // A read that is under way may be tried again with the key that it has.
    const since = this.keySince === 0 ? null : this.keySince + (request.method === "POST" ? 0 : READ_MS)
    if (this.underWay === 0 && after(since) && key !== this.key)
      violations.push(`not with the key of the newest act: ${what}`)
  }

  /** The same idempotency key for something else, and for the same once more. */
  private async reuse(act: Act, outcome: ActOutcome): Promise<void> {
    const { violations } = this.world
    const record = act.record!
    const other = await this.ask((it) => it.act({ ...act, record: { ...record, bodyHash: "another" } }))
    const same = await this.ask((it) => it.act(act))
    if (other._tag === "Gone") return
    if (other._tag !== "KeyReused")
      violations.push(`an idempotency key was taken for another act: ${JSON.stringify(other)}`)
    if (same._tag !== "Gone" && answerOf(same) !== answerOf(outcome))
      violations.push(`an act that is repeated is answered otherwise: ${JSON.stringify(same)}`)
  }
}

const dieWithin = async (turns: number, die: () => void): Promise<void> => {
  for (let turn = 0; turn < turns; turn++) await Promise.resolve()
  die()
}

/** The id of each webhook that came, in their order. */
export const webhookIds = ({ simulator }: World): ReadonlyArray<string> =>
  simulator.host.webhooks.received.map(({ headers }) => headers["webhook-id"] ?? "none")

/** An act that was asked for, and the group before it. */
interface Asked {
  readonly planned: PlannedAct
  readonly key: string
  readonly rows: ReadonlyArray<Readonly<Record<string, unknown>>>
  readonly before: Before
  readonly pieces: "stored" | "gone"
}

type Before = ReturnType<Acts["look"]>

const isHere = (state: string | null): boolean => state === "active" || state === "ended"

const SENDS: ReadonlySet<string> = new Set(["inputs", "failed", "rows", "resume"])
