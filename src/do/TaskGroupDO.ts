import { DurableObject } from "cloudflare:workers"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberMap from "effect/FiberMap"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Scope from "effect/Scope"
import { Queryable } from "queryable-object"
import { readSettings, type SettingsShape } from "../domain/Settings.ts"
import { EMPTY_PLAN, type GroupInit, type GroupSecrets, type JsonText, type TaskGroupResultOutput } from "../domain/TaskGroup.ts"
import { planBatches } from "../programs/planBatches.ts"
import { readTaskGroup } from "../programs/readTaskGroup.ts"
import { AlarmClock } from "../services/AlarmClock.ts"
import { SecretStore } from "../services/SecretStore.ts"
import type { Submission } from "../services/TaskGroups.ts"
import { TaskGroupStore } from "../services/TaskGroupStore.ts"
import { taskGroupLayers } from "./layers.ts"
import { readOnlySql } from "./readOnlySql.ts"
import { respond } from "./respond.ts"
import { awaitSubmission, ensureFollowing, type Fibers, type ObjectServices, onAlarm, type Supervision } from "./supervision.ts"

/**
 * One task group: its rows in SQLite, its follower, its viewers. Named by its task group id. A thin shell around one
 * runtime; everything it knows is in its storage, so that it can be evicted at any moment.
 */
@Queryable()
export class TaskGroupDO extends DurableObject<Env> {
  private readonly settings: SettingsShape
  private readonly runtime: ManagedRuntime.ManagedRuntime<ObjectServices, never>
  private readonly supervision: Supervision
  private readonly store: TaskGroupStore["Service"]

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    const read = readSettings({ ...env })
    if (!read.ok) throw new Error(`Wrong configuration: ${read.problems.join("; ")}`)
    this.settings = read.settings
    this.runtime = ManagedRuntime.make(taskGroupLayers(ctx.storage, this.settings))
    this.store = this.runtime.runSync(TaskGroupStore)
    const fibers: Fibers = this.runtime.runSync(FiberMap.make<"follow" | "webhook">().pipe(Scope.provide(Scope.makeUnsafe())))
    this.supervision = {
      fibers,
      caller: { waiting: false, refusal: null, answer: Deferred.makeUnsafe() },
      deleteAll: Effect.promise(() => ctx.storage.deleteAll()),
    }
  }

  /** What `@Queryable` reads through: strangers get no other SQL than this. */
  get sql() {
    return readOnlySql(this.ctx.storage, { rows: this.settings.STUDIO_MAX_ROWS, chars: this.settings.STUDIO_MAX_BYTES })
  }

  /** Starts receiving a group. Nothing is sent upstream before the commit. */
  begin(init: GroupInit, secrets: GroupSecrets): Promise<"begun" | "same" | "different"> {
    const { settings } = this
    return this.runtime.runPromise(
      Effect.gen(function* () {
        const store = yield* TaskGroupStore
        const now = yield* Clock.currentTimeMillis
        const begun = store.begin(init, now)
        if (begun === "begun") {
          ;(yield* SecretStore).save(secrets)
          ;(yield* AlarmClock).set("uncommitted", now + settings.UNCOMMITTED_MINUTES * 60_000)
        }
        return begun
      }),
    )
  }

  /** Inputs from index `from` on, each as JSON text. */
  addInputs(from: number, inputs: ReadonlyArray<JsonText>): Promise<"stored" | "same" | "different"> {
    return this.runtime.runPromise(
      Effect.map(Clock.currentTimeMillis, (now) => this.store.addInputs(from, inputs, now)),
    )
  }

  /** All inputs are here: the object does the rest, whether or not anybody waits. Waits at most `waitMs`. */
  commit(waitMs: number): Promise<Submission | { readonly _tag: "Incomplete" }> {
    const { settings, supervision } = this
    return this.runtime.runPromise(
      Effect.gen(function* () {
        const store = yield* TaskGroupStore
        const lengths = store.inputLengths()
        const todo = planBatches(lengths, { size: settings.BATCH_SIZE, chars: settings.BATCH_BYTES })
        const now = yield* Clock.currentTimeMillis
        const committed = store.commit({ ...EMPTY_PLAN, todo }, now)
        if (committed === "incomplete") return { _tag: "Incomplete" } as const
        ;(yield* AlarmClock).clear("uncommitted")
        supervision.caller.waiting = true
        yield* ensureFollowing(supervision)
        return yield* awaitSubmission(supervision, waitMs)
      }),
    )
  }

  /**
   * The group of this moment; with `after` (an input index) and `limit`, a page of it. Rejects with `GroupTooLarge`
   * above 8 MiB, and with `NotFound` when there is no group.
   */
  async getData(page: { after?: number; limit?: number } = {}): Promise<TaskGroupResultOutput> {
    if (!(await this.exists())) throw new Error("NotFound: there is no task group of this id.")
    const read = await this.runtime.runPromise(Effect.result(readTaskGroup(page)))
    if (read._tag === "Failure") throw new Error(`GroupTooLarge: ${read.failure.message}`)
    return read.success
  }

  /** Whether a committed group is here. A look-up that finds nothing leaves nothing stored. */
  async exists(): Promise<boolean> {
    const details = this.store.details()
    if (details === null) {
      // In this order, so that a group that begins meanwhile makes its tables anew.
      const deleted = this.ctx.storage.deleteAll()
      this.store.deleted()
      await deleted
      return false
    }
    if (details.state === "active") await this.runtime.runPromise(this.reviveFollower)
    return details.state !== "receiving"
  }

  /** The output stream (SSE); with the path `/json`, `/md` or `/html` that format. */
  override async fetch(request: Request): Promise<Response> {
    if (!(await this.exists())) return new Response(null, { status: 404 })
    return this.runtime.runPromise(respond(request, this.env.CF_VERSION_METADATA?.id ?? ""))
  }

  override async alarm(): Promise<void> {
    await this.runtime.runPromise(onAlarm(this.supervision))
  }

  /** A request may come before the alarm does. A follower that rests has its alarm further away than that. */
  private readonly reviveFollower = Effect.suspend(() =>
    Effect.gen({ self: this }, function* () {
      const now = yield* Clock.currentTimeMillis
      const due = (yield* AlarmClock).get("watchdog")
      const rests = due !== null && due - now > this.settings.WATCHDOG_SECONDS * 1000
      if (!rests && !FiberMap.hasUnsafe(this.supervision.fibers, "follow")) yield* ensureFollowing(this.supervision)
    }),
  )
}
