import type { MultitaskEnv } from "./do/MultitaskEnv.ts"
import { type Constants, CONSTANTS } from "./domain/Constants.ts"
import type { GroupId } from "./domain/Ids.ts"
import { readSettings } from "./domain/Settings.ts"
import { errorResponse } from "./http/errors.ts"
import { finished } from "./http/headers.ts"
import { handle, type HandlerContext } from "./http/handle.ts"
import { rateLimitsOf } from "./http/rateLimits.ts"
import { makeRequestRuntime } from "./http/runtime.ts"
import type { IdempotencyStub } from "./layers/IdempotencyObjects.ts"
import type { TaskGroupStub } from "./layers/TaskGroupsObjects.ts"

export { IdempotencyDO } from "./do/IdempotencyDO.ts"
export { TaskGroupDO } from "./do/TaskGroupDO.ts"

/** One context for each set of bindings: an isolate has one, tests may have several. */
const contexts = new WeakMap<MultitaskEnv, HandlerContext>()

const CLASSES = [
  ["TASK_GROUP", "TaskGroupDO"],
  ["IDEMPOTENCY", "IdempotencyDO"],
] as const

/** Whoever embeds the Worker may have forgotten one; what is called later would look like a failure that passes. */
const unboundOf = (env: MultitaskEnv): ReadonlyArray<string> =>
  CLASSES.filter(([name]) => typeof (env as Partial<MultitaskEnv>)[name]?.idFromName !== "function").map(
    ([name, of]) => `${name} must be a binding of the Durable Object class ${of}; there is none`,
  )

const contextOf = (env: MultitaskEnv, constants: Constants): HandlerContext | Response => {
  const known = contexts.get(env)
  if (known !== undefined) return known
  const read = readSettings({ ...env }, constants)
  const unbound = unboundOf(env)
  if (!read.ok || unbound.length > 0) {
    const problems = [...unbound, ...(read.ok ? [] : read.problems)]
    const refId = crypto.randomUUID()
    console.error(
      JSON.stringify({
        level: "error",
        message: "Wrong configuration",
        ref_id: refId,
        problems,
      }),
    )
    return errorResponse({
      status: 500,
      refId,
      message:
        "This deployment is configured wrongly. Its operator must correct the variables named in detail.",
      detail: { errors: problems },
    })
  }
  // The bindings' types differ from Worker to Worker; these are the methods that this one uses.
  const stub = (id: GroupId) => env.TASK_GROUP.get(env.TASK_GROUP.idFromName(id)) as TaskGroupStub
  const records = (name: string) => env.IDEMPOTENCY.get(env.IDEMPOTENCY.idFromName(name)) as IdempotencyStub
  const context = {
    settings: read.settings,
    runtime: makeRequestRuntime(read.settings, stub, records),
    groups: stub,
    limits: rateLimitsOf(env, read.settings),
    // Whoever embeds the Worker need not bind its files.
    assets: async (path: string) => env.ASSETS?.fetch(new Request(`https://assets${path}`)) ?? null,
    loadMcpSdk: () => import("./mcpSdk.mjs"),
  }
  contexts.set(env, context)
  return context
}

/** The Worker's handler; `constants` are for Workers that change them, as tests do. */
export const handlerWith = (constants: (env: MultitaskEnv) => Constants) =>
  ({
    async fetch(request, env, ctx) {
      const context = contextOf(env, constants(env))
      if (context instanceof Response) return finished(request, context)
      const response = handle(request, context)
      // A caller that hangs up must not stop a group half-way between its creation and its commit.
      ctx.waitUntil(response.then(() => {}))
      return response
    },
  }) satisfies ExportedHandler<MultitaskEnv>

export default handlerWith(() => CONSTANTS)
