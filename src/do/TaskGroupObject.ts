import * as Effect from "effect/Effect"
import type * as ManagedRuntime from "effect/ManagedRuntime"
import * as Stream from "effect/Stream"
import type { Act, ActOutcome, Standing } from "../domain/Act.ts"
import type { Excerpt, ExcerptQuery } from "../domain/Excerpt.ts"
import type { Progress } from "../domain/Progress.ts"
import type { JsonText, TaskGroupResultOutput } from "../domain/TaskGroup.ts"
import { actOnGroup } from "../programs/acts/actOnGroup.ts"
import { receivePiece, standingOf } from "../programs/acts/receivePiece.ts"
import { excerptTaskGroup } from "../programs/excerptTaskGroup.ts"
import { readTaskGroup } from "../programs/readTaskGroup.ts"
import {
  beginTaskGroup,
  commitTaskGroup,
  receiveInputs,
  receiveTaskGroup,
} from "../programs/receiveTaskGroup.ts"
import { visitTaskGroup, wakeTaskGroup } from "../programs/superviseTaskGroup.ts"
import { watchProgress } from "../programs/watchProgress.ts"
import { buriedUntil, holdsGroup, isEmpty } from "../layers/sqlite/look.ts"
import type { SqliteStorage } from "../layers/sqlite/SqliteStorage.ts"
import { RunStore } from "../services/RunStore.ts"
import type { Committed, CommitUntil } from "../services/TaskGroups.ts"
import type { TaskGroupServices } from "./layers.ts"
import { type Answering, respond } from "./respond.ts"

type Runtime = ManagedRuntime.ManagedRuntime<TaskGroupServices, never>

export interface TaskGroupObjectOptions {
  readonly storage: SqliteStorage
  /** Everything the programs run on, on that storage. */
  readonly runtime: () => Runtime
  /** Version of the code, part of every ETag. */
  readonly version: string
  /** How an answer's body is made, if not from a standard stream. */
  readonly bodyOf?: Answering["bodyOf"]
}

/**
 * What a Durable Object of a task group answers, whatever it runs on: each call is one of the programs. What they run on
 * is built, and the tables with it, when there is a group or one begins: anybody may ask for ids that are none.
 */
export class TaskGroupObject {
  private readonly options: TaskGroupObjectOptions
  private built: Runtime | null = null

  constructor(options: TaskGroupObjectOptions) {
    this.options = options
  }

  private get runtime(): Runtime {
    if (this.built === null) {
      const runtime = this.options.runtime()
      runtime.runSync(RunStore)
      this.built = runtime
    }
    return this.built
  }

  begin(...group: Parameters<typeof beginTaskGroup>): Promise<"begun" | "same" | "stored" | "different"> {
    return this.run(beginTaskGroup(...group))
  }

  receive(...group: Parameters<typeof receiveTaskGroup>): Promise<Committed> {
    return this.run(receiveTaskGroup(...group))
  }

  addInputs(from: number, inputs: ReadonlyArray<JsonText>): Promise<"stored" | "same" | "different"> {
    return this.run(receiveInputs(from, inputs))
  }

  commit(waitMs: number, until?: CommitUntil): Promise<Committed> {
    return this.run(commitTaskGroup(waitMs, until))
  }

  /** The group of this moment, or a page of it; see `readTaskGroup`. */
  async getData(page: { after?: number; limit?: number }): Promise<TaskGroupResultOutput> {
    if (!(await this.exists())) throw notFound()
    const read = await this.run(Effect.result(readTaskGroup(page)))
    if (read._tag === "Failure") throw new Error(`GroupTooLarge: ${read.failure.message}`)
    return read.success
  }

  /** Whether a committed group is here. A look-up that finds nothing leaves nothing stored. */
  async exists(): Promise<boolean> {
    if (!this.mayHoldGroup) return this.leaveEmpty()
    return this.run(visitTaskGroup())
  }

  async standing(key: string): Promise<Standing | null> {
    return this.mayHoldGroup ? this.run(standingOf(key)) : null
  }

  addPiece(pieces: string, at: number, inputs: ReadonlyArray<JsonText>): Promise<"stored" | "gone"> {
    return this.mayHoldGroup ? this.run(receivePiece(pieces, at, inputs)) : Promise.resolve("gone")
  }

  act(act: Act): Promise<ActOutcome> {
    return this.mayHoldGroup ? this.run(actOnGroup(act)) : Promise.resolve({ _tag: "Gone" })
  }

  async progress(waitMs: number): Promise<Progress | null> {
    return (await this.exists()) ? this.run(watchProgress(waitMs)) : null
  }

  async excerpt(query: ExcerptQuery): Promise<Excerpt | null> {
    return (await this.exists()) ? this.run(excerptTaskGroup(query)) : null
  }

  /** Whether a committed group is here, or was deleted of late. */
  async wasHere(): Promise<boolean> {
    return buriedUntil(this.options.storage) !== null || this.exists()
  }

  /** Before somebody reads the tables themselves. */
  flush(): void {
    if (!this.mayHoldGroup) throw notFound()
    this.runtime.runSync(Effect.map(RunStore, (store) => store.flush()))
  }

  private get mayHoldGroup(): boolean {
    return this.built !== null || holdsGroup(this.options.storage)
  }

  /** Nothing runs here yet, so that a group that begins while this waits makes its tables anew. */
  private async leaveEmpty(): Promise<false> {
    const { storage } = this.options
    // What cannot be emptied now, the next look-up finds.
    if (!isEmpty(storage) && buriedUntil(storage) === null) await storage.deleteAll().catch(() => {})
    return false
  }

  async fetch(request: Request): Promise<Response> {
    if (!(await this.exists())) return new Response(null, { status: 404 })
    const { version, bodyOf = (chunks) => Stream.toReadableStreamEffect(chunks) } = this.options
    return this.run(respond(request, { version, bodyOf }))
  }

  alarm(): Promise<void> {
    return this.run(wakeTaskGroup())
  }

  private async run<A, E>(program: Effect.Effect<A, E, TaskGroupServices>): Promise<A> {
    return this.runtime.runPromise(program)
  }
}

const notFound = () => new Error("NotFound: there is no task group of this id.")
