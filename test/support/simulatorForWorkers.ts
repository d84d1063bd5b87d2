import type { TestProject } from "vitest/node"
import { startServer, systemClock } from "../../simulator/http.ts"
import { createSimulator, type Simulator } from "../../simulator/index.ts"

declare module "vitest" {
  export interface ProvidedContext {
    simulatorUrl: string
  }
}

/** Runs that end within a fraction of a second: worker tests wait for real. */
const QUICK = {
  runs: { queue_ms: [10, 40], duration_ms: [40, 160], scale_by_processor: false, failure_rate: 0 },
} as const

const NOBODY = "nobody"

/**
 * Whose simulator a request is for: `/t/{tenant}/…` says it in the path (control, webhooks, inputs), the product's
 * requests in their key, `{tenant}.{anything}`.
 */
const tenantOf = (request: Request): { readonly tenant: string; readonly request: Request } => {
  const url = new URL(request.url)
  const [, tenant, path] = /^\/t\/(\w+)(\/.*)$/.exec(url.pathname) ?? []
  if (tenant === undefined || path === undefined) {
    return { tenant: /^(\w+)\./.exec(request.headers.get("x-api-key") ?? "")?.[1] ?? NOBODY, request }
  }
  url.pathname = path
  return { tenant, request: new Request(url, request) }
}

/**
 * One HTTP server for all worker tests, and behind it a simulator for each tenant, made when it is first asked: tests
 * that run at the same time neither count nor break each other's requests.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const simulators = new Map<string, Simulator>()
  const simulatorOf = (tenant: string): Simulator => {
    const known = simulators.get(tenant)
    if (known !== undefined) return known
    const made = createSimulator({ clock: systemClock, seed: tenant, behaviour: QUICK })
    simulators.set(tenant, made)
    return made
  }
  const router = {
    handle: (incoming: Request) => {
      const { tenant, request } = tenantOf(incoming)
      return simulatorOf(tenant).handle(request)
    },
  }
  const { url, stop } = await startServer(router, { host: "127.0.0.1", port: 0 })
  project.provide("simulatorUrl", url)
  return async () => {
    await stop()
    for (const simulator of simulators.values()) simulator.close()
  }
}
