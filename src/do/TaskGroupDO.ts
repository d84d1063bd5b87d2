import { DurableObject } from "cloudflare:workers"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { Queryable } from "queryable-object"
import { readSettings, type SettingsShape } from "../domain/Settings.ts"
import type { GroupInit, GroupSecrets, JsonText, TaskGroupResultOutput } from "../domain/TaskGroup.ts"
import type { Submission } from "../services/TaskGroups.ts"
import { GroupObject } from "./GroupObject.ts"
import { taskGroupLayers } from "./layers.ts"
import { readOnlySql } from "./readOnlySql.ts"

/**
 * One task group: its rows in SQLite, its follower, its viewers. Named by its task group id. A thin shell around one
 * runtime; everything it knows is in its storage, so that it can be evicted at any moment.
 */
@Queryable()
export class TaskGroupDO extends DurableObject<Env> {
  private readonly settings: SettingsShape
  private readonly group: GroupObject

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    const read = readSettings({ ...env })
    if (!read.ok) throw new Error(`Wrong configuration: ${read.problems.join("; ")}`)
    this.settings = read.settings
    this.group = new GroupObject({
      runtime: ManagedRuntime.make(taskGroupLayers(ctx.storage, read.settings)),
      settings: read.settings,
      deleteAll: () => ctx.storage.deleteAll(),
      version: env.CF_VERSION_METADATA?.id ?? "",
    })
  }

  /** What `@Queryable` reads through: strangers get no other SQL than this. */
  get sql() {
    return readOnlySql(this.ctx.storage, { rows: this.settings.STUDIO_MAX_ROWS, chars: this.settings.STUDIO_MAX_BYTES })
  }

  begin(init: GroupInit, secrets: GroupSecrets): Promise<"begun" | "same" | "different"> {
    return this.group.begin(init, secrets)
  }

  addInputs(from: number, inputs: ReadonlyArray<JsonText>): Promise<"stored" | "same" | "different"> {
    return this.group.addInputs(from, inputs)
  }

  commit(waitMs: number): Promise<Submission | { readonly _tag: "Incomplete" }> {
    return this.group.commit(waitMs)
  }

  /**
   * The group of this moment; with `after` (an input index) and `limit`, a page of it. Rejects with `GroupTooLarge`
   * above 8 MiB, and with `NotFound` when there is no group.
   */
  getData(page: { after?: number; limit?: number } = {}): Promise<TaskGroupResultOutput> {
    return this.group.getData(page)
  }

  /** Whether a committed group is here. */
  exists(): Promise<boolean> {
    return this.group.exists()
  }

  /** The output stream (SSE); with the path `/json`, `/md` or `/html` that format. */
  override fetch(request: Request): Promise<Response> {
    return this.group.fetch(request)
  }

  override alarm(): Promise<void> {
    return this.group.alarm()
  }
}
