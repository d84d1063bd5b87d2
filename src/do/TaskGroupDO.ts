import { DurableObject } from "cloudflare:workers"
import * as Cause from "effect/Cause"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { Queryable } from "queryable-object"
import { type Constants, CONSTANTS } from "../domain/Constants.ts"
import { failureLine } from "../domain/failureReport.ts"
import { readSettings } from "../domain/Settings.ts"
import { type SqlRefused, sqlRefused, type SqlRows } from "../domain/sql/SqlAnswer.ts"
import type { Act, ActOutcome, Standing } from "../domain/Act.ts"
import type { Excerpt, ExcerptQuery } from "../domain/Excerpt.ts"
import type { Progress } from "../domain/Progress.ts"
import type { GroupInit, GroupSecrets, JsonText, TaskGroupResultOutput } from "../domain/TaskGroup.ts"
import { StructuredLog } from "../layers/StructuredLog.ts"
import type { Committed, CommitUntil } from "../services/TaskGroups.ts"
import { taskGroupLayers } from "./layers.ts"
import type { MultitaskEnv } from "./MultitaskEnv.ts"
import { platformBody } from "./platformBody.ts"
import { ReadOnlySql, studioLimitsOf } from "./readOnlySql.ts"
import { TaskGroupObject } from "./TaskGroupObject.ts"

const ALARM_RETRY_MS = 60_000

/** `queryable-object` describes tables and indexes; what people ask for most is a view. */
const describeViews = ({ prototype }: typeof TaskGroupDO): void => {
  const described = prototype as TaskGroupDO & { getSchema(): string }
  const tables = described.getSchema
  described.getSchema = function () {
    const views = [...this.sql.exec("SELECT sql FROM sqlite_schema WHERE type = 'view'").raw()]
    return [tables.call(this), ...views.map(([sql]) => `${String(sql)};`)].join("\n\n")
  }
}

/**
 * One task group: its rows in SQLite, its follower, its viewers. Named by its task group id. A thin shell around one
 * runtime; everything it knows is in its storage, so that it can be evicted at any moment.
 */
@describeViews
@Queryable()
export class TaskGroupDO extends DurableObject<MultitaskEnv> {
  private readonly group: TaskGroupObject
  private read: ReturnType<typeof readSettings> | null = null
  private strangers: ReadOnlySql | null = null

  constructor(ctx: DurableObjectState, env: MultitaskEnv) {
    super(ctx, env)
    // No more than that: a constructor that throws would use up the alarm's retries, and with them every group that
    // nobody looks at.
    this.group = new TaskGroupObject({
      storage: ctx.storage,
      runtime: () => {
        const { configuration } = this
        if (!configuration.ok) throw new Error(`Wrong configuration: ${configuration.problems.join("; ")}`)
        const layers = taskGroupLayers(ctx.storage, configuration.settings)
        return ManagedRuntime.make(layers.pipe(Layer.provideMerge(StructuredLog)))
      },
      version: env.CF_VERSION_METADATA?.id ?? "",
      bodyOf: platformBody,
    })
  }

  private get configuration() {
    return (this.read ??= readSettings({ ...this.env }, this.constants()))
  }

  /** For subclasses that change them, as tests do. */
  protected constants(): Constants {
    return CONSTANTS
  }

  /** What `@Queryable` reads through: strangers get no other SQL than this. */
  get sql() {
    const { configuration, group } = this
    if (!configuration.ok) throw new Error("Wrong configuration")
    const limits = studioLimitsOf(configuration.settings)
    const strangers = (this.strangers ??= new ReadOnlySql(this.ctx.storage, limits, () => Date.now()))
    return {
      exec: (query: string, ...bindings: ReadonlyArray<unknown>) => {
        group.flush()
        return strangers.exec(query, ...bindings)
      },
    }
  }

  /**
   * `raw`, of which a refusal is a value: what an object throws is in the log, and what was asked with it. Throws faults of
   * ours.
   */
  async askSql(statement: string): Promise<SqlRows | SqlRefused> {
    try {
      return (this as unknown as { raw(query: string): SqlRows }).raw(statement)
    } catch (error) {
      const refused = sqlRefused(error)
      if (refused === null) throw error
      return refused
    }
  }

  begin(
    init: GroupInit,
    secrets: GroupSecrets,
    inputs?: ReadonlyArray<JsonText>,
  ): Promise<"begun" | "same" | "stored" | "different"> {
    return this.group.begin(init, secrets, inputs)
  }

  receive(
    init: GroupInit,
    secrets: GroupSecrets,
    inputs: ReadonlyArray<JsonText>,
    waitMs: number,
    until?: CommitUntil,
  ): Promise<Committed> {
    return this.group.receive(init, secrets, inputs, waitMs, until)
  }

  addInputs(from: number, inputs: ReadonlyArray<JsonText>): Promise<"stored" | "same" | "different"> {
    return this.group.addInputs(from, inputs)
  }

  commit(waitMs: number, until?: CommitUntil): Promise<Committed> {
    return this.group.commit(waitMs, until)
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

  /** See `TaskGroupStub`, of these six. */
  standing(key: string): Promise<Standing | null> {
    return this.group.standing(key)
  }

  addPiece(pieces: string, at: number, inputs: ReadonlyArray<JsonText>): Promise<"stored" | "gone"> {
    return this.group.addPiece(pieces, at, inputs)
  }

  act(act: Act): Promise<ActOutcome> {
    return this.group.act(act)
  }

  wasHere(): Promise<boolean> {
    return this.group.wasHere()
  }

  progress(waitMs: number): Promise<Progress | null> {
    return this.group.progress(waitMs)
  }

  excerpt(query: ExcerptQuery): Promise<Excerpt | null> {
    return this.group.excerpt(query)
  }

  /** The output stream (SSE); with the path `/json`, `/jsonl`, `/csv`, `/md` or `/html` that format. */
  override fetch(request: Request): Promise<Response> {
    return this.group.fetch(request)
  }

  /** Never throws: after six failures the platform forgets an alarm, and the group with it. */
  override async alarm(): Promise<void> {
    try {
      await this.group.alarm()
    } catch (error) {
      const about = { taskgroup_id: this.ctx.id.name ?? null }
      console.error(JSON.stringify(failureLine("The alarm failed and is set again", Cause.die(error), about)))
      await this.ctx.storage.setAlarm(Date.now() + ALARM_RETRY_MS)
    }
  }
}
