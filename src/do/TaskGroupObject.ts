import * as Effect from "effect/Effect"
import type * as ManagedRuntime from "effect/ManagedRuntime"
import * as Stream from "effect/Stream"
import type { GroupInit, GroupSecrets, JsonText, TaskGroupResultOutput } from "../domain/TaskGroup.ts"
import { readTaskGroup } from "../programs/readTaskGroup.ts"
import { beginTaskGroup, commitTaskGroup, receiveInputs } from "../programs/receiveTaskGroup.ts"
import { visitTaskGroup, wakeTaskGroup } from "../programs/superviseTaskGroup.ts"
import { RunStore } from "../services/RunStore.ts"
import type { Committed } from "../services/TaskGroups.ts"
import type { TaskGroupServices } from "./layers.ts"
import { type Answering, respond } from "./respond.ts"

export interface TaskGroupObjectOptions {
  readonly runtime: ManagedRuntime.ManagedRuntime<TaskGroupServices, never>
  /** Version of the code, part of every ETag. */
  readonly version: string
  /** How an answer's body is made, if not from a standard stream. */
  readonly bodyOf?: Answering["bodyOf"]
}

/** What a Durable Object of a task group answers, whatever it runs on: each call is one of the programs. */
export class TaskGroupObject {
  private readonly options: TaskGroupObjectOptions

  constructor(options: TaskGroupObjectOptions) {
    this.options = options
    // An object makes its tables when it is constructed.
    options.runtime.runSync(RunStore)
  }

  begin(init: GroupInit, secrets: GroupSecrets): Promise<"begun" | "same" | "different"> {
    return this.run(beginTaskGroup(init, secrets))
  }

  addInputs(from: number, inputs: ReadonlyArray<JsonText>): Promise<"stored" | "same" | "different"> {
    return this.run(receiveInputs(from, inputs))
  }

  commit(waitMs: number): Promise<Committed> {
    return this.run(commitTaskGroup(waitMs))
  }

  /** The group of this moment, or a page of it; see `readTaskGroup`. */
  async getData(page: { after?: number; limit?: number }): Promise<TaskGroupResultOutput> {
    if (!(await this.exists())) throw new Error("NotFound: there is no task group of this id.")
    const read = await this.run(Effect.result(readTaskGroup(page)))
    if (read._tag === "Failure") throw new Error(`GroupTooLarge: ${read.failure.message}`)
    return read.success
  }

  /** Whether a committed group is here. A look-up that finds nothing leaves nothing stored. */
  exists(): Promise<boolean> {
    return this.run(visitTaskGroup())
  }

  /** Before somebody reads the tables themselves. */
  flush(): void {
    this.options.runtime.runSync(Effect.map(RunStore, (store) => store.flush()))
  }

  async fetch(request: Request): Promise<Response> {
    if (!(await this.exists())) return new Response(null, { status: 404 })
    const { version, bodyOf = (chunks) => Stream.toReadableStreamEffect(chunks) } = this.options
    return this.run(respond(request, { version, bodyOf }))
  }

  alarm(): Promise<void> {
    return this.run(wakeTaskGroup())
  }

  private run<A, E>(program: Effect.Effect<A, E, TaskGroupServices>): Promise<A> {
    return this.options.runtime.runPromise(program)
  }
}
