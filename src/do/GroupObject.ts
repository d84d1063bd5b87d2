import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberMap from "effect/FiberMap"
import type * as ManagedRuntime from "effect/ManagedRuntime"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { SettingsShape } from "../domain/Settings.ts"
import {
  EMPTY_PLAN,
  type GroupInit,
  type GroupSecrets,
  type JsonText,
  type TaskGroupResultOutput,
} from "../domain/TaskGroup.ts"
import { planBatches } from "../programs/planBatches.ts"
import { readTaskGroup } from "../programs/readTaskGroup.ts"
import { AlarmClock } from "../services/AlarmClock.ts"
import { SecretStore } from "../services/SecretStore.ts"
import type { Submission } from "../services/TaskGroups.ts"
import { TaskGroupStore } from "../services/TaskGroupStore.ts"
import { type Answering, respond } from "./respond.ts"
import {
  awaitSubmission,
  ensureFollowing,
  type Fibers,
  type ObjectServices,
  onAlarm,
  type Supervision,
} from "./supervision.ts"

export interface GroupObjectOptions {
  readonly runtime: ManagedRuntime.ManagedRuntime<ObjectServices, never>
  readonly settings: SettingsShape
  /** Empties the object's storage, its alarm included. */
  readonly deleteAll: () => Promise<void>
  /** Version of the code, part of every ETag. */
  readonly version: string
  /** How an answer's body is made, if not from a standard stream. */
  readonly bodyOf?: Answering["bodyOf"]
}

/** What a Durable Object of a task group does, whatever it runs on. */
export class GroupObject {
  private readonly options: GroupObjectOptions
  private readonly supervision: Supervision
  private readonly store: TaskGroupStore["Service"]

  constructor(options: GroupObjectOptions) {
    this.options = options
    this.store = options.runtime.runSync(TaskGroupStore)
    const fibers: Fibers = options.runtime.runSync(
      FiberMap.make<"follow" | "webhook">().pipe(Scope.provide(Scope.makeUnsafe())),
    )
    this.supervision = {
      fibers,
      caller: { waiting: false, refusal: null, answer: Deferred.makeUnsafe() },
      deleteAll: Effect.promise(options.deleteAll),
    }
  }

  /** Starts receiving a group. Nothing is sent upstream before the commit. */
  begin(init: GroupInit, secrets: GroupSecrets): Promise<"begun" | "same" | "different"> {
    const { settings, runtime } = this.options
    return runtime.runPromise(
      Effect.gen(function* () {
        const store = yield* TaskGroupStore
        const now = yield* Clock.currentTimeMillis
        const begun = store.begin(init)
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
    return this.options.runtime.runPromise(
      Effect.map(Clock.currentTimeMillis, (now) => this.store.addInputs(from, inputs, now)),
    )
  }

  /** All inputs are here: the object does the rest, whether or not anybody waits. Waits at most `waitMs`. */
  commit(waitMs: number): Promise<Submission | { readonly _tag: "Incomplete" }> {
    const { supervision } = this
    const { settings, runtime } = this.options
    return runtime.runPromise(
      Effect.gen(function* () {
        const store = yield* TaskGroupStore
        // It was never begun, or has been removed since.
        if (store.details() === null) return { _tag: "Incomplete" } as const
        const lengths = store.inputLengths()
        const todo = planBatches(lengths, { size: settings.BATCH_SIZE, chars: settings.BATCH_BYTES })
        const now = yield* Clock.currentTimeMillis
        const due = (yield* AlarmClock).get("uncommitted")
        // Its alarm may be late. Who looks for this group after that time may submit anew, so that it must not come back.
        if (store.details()?.state === "receiving" && due !== null && now >= due) {
          return { _tag: "Incomplete" } as const
        }
        const committed = store.commit({ ...EMPTY_PLAN, todo })
        if (committed === "incomplete") return { _tag: "Incomplete" } as const
        ;(yield* AlarmClock).clear("uncommitted")
        supervision.caller.waiting = true
        yield* ensureFollowing(supervision)
        return yield* awaitSubmission(supervision, waitMs)
      }),
    )
  }

  /** The group of this moment, or a page of it; see `readTaskGroup`. */
  async getData(page: { after?: number; limit?: number }): Promise<TaskGroupResultOutput> {
    if (!(await this.exists())) throw new Error("NotFound: there is no task group of this id.")
    const read = await this.options.runtime.runPromise(Effect.result(readTaskGroup(page)))
    if (read._tag === "Failure") throw new Error(`GroupTooLarge: ${read.failure.message}`)
    return read.success
  }

  /** Whether a committed group is here. A look-up that finds nothing leaves nothing stored. */
  async exists(): Promise<boolean> {
    const details = this.store.details()
    if (details === null) {
      // In this order, so that a group that begins meanwhile makes its tables anew.
      const deleted = this.options.deleteAll()
      this.store.deleted()
      await deleted
      return false
    }
    this.store.audience.look()
    if (details.state === "active") await this.reviveFollower()
    return details.state !== "receiving"
  }

  /** Before somebody reads the tables themselves. */
  settle(): void {
    this.store.settle()
  }

  async fetch(request: Request): Promise<Response> {
    if (!(await this.exists())) return new Response(null, { status: 404 })
    const { runtime, version, bodyOf = (chunks) => Stream.toReadableStreamEffect(chunks) } = this.options
    return runtime.runPromise(respond(request, { version, bodyOf }))
  }

  alarm(): Promise<void> {
    return this.options.runtime.runPromise(onAlarm(this.supervision))
  }

  /** A request may come before the alarm does. A follower that rests has its alarm further away than that. */
  private reviveFollower(): Promise<void> {
    const { supervision } = this
    const { settings, runtime } = this.options
    return runtime.runPromise(
      Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis
        const due = (yield* AlarmClock).get("watchdog")
        const rests = due !== null && due - now > settings.WATCHDOG_SECONDS * 1000
        if (!rests && !FiberMap.hasUnsafe(supervision.fibers, "follow")) yield* ensureFollowing(supervision)
      }),
    )
  }
}
