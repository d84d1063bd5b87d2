import { type Created, create, getJson, send } from "./product.ts"
import { until } from "./until.ts"
import type { Upstream } from "./upstream.ts"

/** An act on a group as it is sent, with the upstream's own key unless the headers name another. */
export const sendAct = (
  upstream: Upstream,
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> =>
  send(`/${path}`, {
    method: path.includes("/") ? "POST" : "DELETE",
    headers: {
      "x-api-key": upstream.key,
      accept: "application/json",
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })

export interface ActAnswer {
  readonly url: string
  readonly taskgroup_id: string
  readonly warnings: ReadonlyArray<string>
  readonly [field: string]: unknown
}

/** Its answer, where it is taken. */
export const act = async (...sent: Parameters<typeof sendAct>): Promise<ActAnswer> => {
  const response = await sendAct(...sent)
  const text = await response.text()
  if (response.status !== 200) throw new Error(`${sent[1]}: ${response.status} ${text}`)
  return JSON.parse(text) as ActAnswer
}

/** Runs that take so long that nothing ends while a test looks. */
export const ENDLESS = { runs: { duration_ms: [3_600_000, 3_600_000] } } as const
export const QUICK = {
  runs: { queue_ms: [5, 20], duration_ms: [20, 80], scale_by_processor: false },
} as const

/** A group of three rows, none of which ends. */
export const endlessGroup = async (upstream: Upstream): Promise<Created> => {
  await upstream.behave(ENDLESS)
  return create(upstream)
}

export const untilState = (id: string, state: string) =>
  until(`${id} to be ${state}`, async () => {
    const data = await getJson(id)
    return data.status.state === state && data
  })
