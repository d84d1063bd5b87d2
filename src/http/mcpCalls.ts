import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { ApiError } from "../domain/ApiError.ts"
import { MultitaskBody, MultitaskBodyReader } from "../domain/MultitaskBody.ts"
import { failureProblem } from "../domain/RowReader.ts"
import type { SettingsShape } from "../domain/Settings.ts"
import type { JsonText } from "../domain/TaskGroup.ts"
import { explain } from "../mcp/explain.ts"
import type { ToolResult } from "../mcp/server.ts"
import { type Tool, type ToolCall, ToolFailed, type ToolServices } from "../mcp/Tool.ts"
import { problemsError } from "../programs/apiErrors.ts"
import { limitsOf } from "../programs/decodeBody.ts"
import { Settings } from "../services/Settings.ts"
import { TaskGroups } from "../services/TaskGroups.ts"
import { requestRedactor } from "./apiKey.ts"
import { reportFault } from "./fault.ts"
import type { HandlerContext } from "./handle.ts"
import { idempotentCallOf } from "./idempotency.ts"
import { publicOriginOf } from "./origin.ts"
import { notHereError } from "./resultRoute.ts"

export const MCP_PATH = "/mcp"

/** Runs tools for one message. */
export class McpCalls {
  /** What Parallel said where it has refused the key. */
  refusedKey: ApiError | null = null

  private readonly request: Request
  private readonly context: HandlerContext
  private readonly key: string
  private readonly args: JsonText

  constructor(request: Request, context: HandlerContext, key: string, args: JsonText) {
    this.request = request
    this.context = context
    this.key = key
    this.args = args
  }

  async run(tool: Tool): Promise<ToolResult> {
    const { context, request, args } = this
    const reader = new MultitaskBodyReader(
      limitsOf(context.settings),
      Object.keys(tool.inputSchema.properties),
      { maxTextChars: context.settings.MCP_BODY_BYTES },
    )
    reader.push(args)
    const read = reader.finish()
    if (!(read instanceof MultitaskBody)) return this.failed(tool, problemsError(422, [failureProblem(read)]))
    const program = inTime(tool.run(this.callWith(read)), context.settings)
    try {
      const result = await context.runtime.runPromise(Effect.result(program))
      return result._tag === "Success" ? result.success : this.failed(tool, result.failure.error)
    } catch (error) {
      const { refId, group } = reportFault(request, error, { route: `POST ${MCP_PATH}`, tool: tool.name })
      return this.failed(tool, {
        status: 500,
        group,
        message: `Something went wrong here; stored groups are not affected (reference ${refId}). Call again only with the same request_id, where the tool has one.`,
      })
    }
  }

  private failed({ annotations }: Tool, error: ApiError): ToolResult {
    if (error.status === 401) this.refusedKey = error
    return { failed: requestRedactor(this.request.headers).hideCut(explain(error, annotations.readOnlyHint)) }
  }

  private callWith(args: MultitaskBody): ToolCall {
    const { request, context, key } = this
    const { limits, settings } = context
    const refuse = (error: ApiError | null) =>
      error === null ? Effect.void : Effect.fail(new ToolFailed({ error }))
    return {
      args,
      key: Redacted.make(key, { label: "api key" }),
      origin: publicOriginOf(request, settings),
      token: crypto.randomUUID(),
      once: (scope, requestId) => Effect.promise(() => idempotentCallOf(key, scope, requestId, this.args)),
      admit: Effect.flatMap(
        Effect.promise(() => limits.count("RATE_SUBMIT", request)),
        refuse,
      ),
      admitReader: Effect.suspend(() => refuse(limits.guesser(request))),
      notHere: Effect.flatMap(
        Effect.promise(() => notHereError(request, limits)),
        (error) => Effect.fail(new ToolFailed({ error })),
      ),
    }
  }
}

/** What is left of the time for whatever follows the preparation. */
const COMMIT_MS = 1_000

/** Whoever calls a tool waits for half a minute, not longer: what takes longer goes on without them. */
const inTime = <A>(
  program: Effect.Effect<A, ToolFailed, ToolServices>,
  settings: SettingsShape,
): Effect.Effect<A, ToolFailed, ToolServices> =>
  Effect.gen(function* () {
    const groups = yield* TaskGroups
    const clock = yield* Clock.Clock
    const until = clock.currentTimeMillisUnsafe() + settings.MCP_ANSWER_SECONDS * 1000
    return yield* program.pipe(
      Effect.provideService(Settings, {
        ...settings,
        // Read when a part of the preparation begins: the parts share the time.
        get PREPARE_SECONDS() {
          const left = Math.ceil((until - COMMIT_MS - clock.currentTimeMillisUnsafe()) / 1000)
          return Math.max(1, Math.min(settings.MCP_PREPARE_SECONDS, left))
        },
        IDEMPOTENCY_WAIT_SECONDS: settings.MCP_REPEAT_SECONDS,
        IDEMPOTENCY_START_SECONDS: settings.MCP_START_SECONDS,
      }),
      Effect.provideService(TaskGroups, {
        ...groups,
        commit: (id, _waitMs, what) =>
          Effect.suspend(() => groups.commit(id, Math.max(0, until - clock.currentTimeMillisUnsafe()), what)),
      }),
    )
  })
