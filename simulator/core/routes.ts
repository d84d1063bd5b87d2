import type { RouteName } from "../behaviour/faultSpec.ts"
import { addRuns } from "../endpoints/addRuns.ts"
import { groupEvents } from "../endpoints/events.ts"
import { createGroup, getGroup } from "../endpoints/groups.ts"
import { listRuns } from "../endpoints/listRuns.ts"
import { getResult } from "../endpoints/result.ts"
import { runEvents } from "../endpoints/runEvents.ts"
import { createRun, getGroupRun, getRun, getRunInput } from "../endpoints/runs.ts"
import { suggest, suggestProcessor } from "../endpoints/suggest.ts"
import type { Handler } from "./context.ts"

interface Route {
  readonly method: "GET" | "POST"
  readonly pattern: string
  readonly name: RouteName
  readonly handler: Handler
  readonly expression: RegExp
}

export interface Match {
  readonly route: Route
  readonly params: Record<string, string>
}

const route = (method: Route["method"], pattern: string, name: RouteName, handler: Handler): Route => ({
  method,
  pattern,
  name,
  handler,
  expression: new RegExp(`^${pattern.replace(/\{(\w+)\}/g, "(?<$1>[^/]+)")}$`),
})

/** The group and run endpoints exist under both prefixes, with the same shapes. */
const taskRoutes = (prefix: string): Route[] => [
  route("POST", `${prefix}/tasks/groups`, "group.create", createGroup),
  route("GET", `${prefix}/tasks/groups/{group}`, "group.get", getGroup),
  route("POST", `${prefix}/tasks/groups/{group}/runs`, "group.runs.add", addRuns),
  route("GET", `${prefix}/tasks/groups/{group}/runs`, "group.runs.list", listRuns),
  route("GET", `${prefix}/tasks/groups/{group}/events`, "group.events", groupEvents),
  route("GET", `${prefix}/tasks/groups/{group}/runs/{run}`, "group.run.get", getGroupRun),
  route("GET", `${prefix}/tasks/runs/{run}/events`, "run.events", runEvents),
]

const ROUTES: ReadonlyArray<Route> = [
  ...taskRoutes("/v1"),
  ...taskRoutes("/v1beta"),
  route("POST", "/v1/tasks/runs", "run.create", createRun),
  route("GET", "/v1/tasks/runs/{run}", "run.get", getRun),
  route("GET", "/v1/tasks/runs/{run}/input", "run.input", getRunInput),
  route("GET", "/v1/tasks/runs/{run}/result", "run.result", getResult),
  route("POST", "/v1beta/tasks/suggest", "suggest", suggest),
  route("POST", "/v1beta/tasks/suggest-processor", "suggest.processor", suggestProcessor),
]

const decode = (part: string): string => {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

/** The route of a request; `allowed` when the path exists under other methods only. */
export const matchRoute = (
  method: string,
  path: string,
): Match | { readonly allowed: ReadonlyArray<string> } => {
  const allowed: string[] = []
  for (const candidate of ROUTES) {
    const found = candidate.expression.exec(path)
    if (found === null) continue
    if (candidate.method === method) {
      const params = Object.entries(found.groups ?? {}).map(([key, value]) => [key, decode(value)])
      return { route: candidate, params: Object.fromEntries(params) }
    }
    allowed.push(candidate.method)
  }
  return { allowed }
}
