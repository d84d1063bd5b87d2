import type { GroupInit } from "../../../src/domain/TaskGroup.ts"
import { groupId } from "../../support/ids.ts"
import { companies, groupStub, ORIGIN, SCHEMA } from "./product.ts"
import type { Upstream } from "./upstream.ts"

export const initOf = (id: string, numInputs: number, changes: Partial<GroupInit> = {}): GroupInit => ({
  taskgroupId: groupId(id),
  url: `${ORIGIN}/${id}`,
  createdAt: "2026-11-20T09:00:00Z",
  metadata: "{}",
  processor: "core",
  taskSpec: JSON.stringify({ output_schema: { type: "json", json_schema: SCHEMA } }),
  runOptions: "{}",
  inputColumns: ["company"],
  outputColumns: ["ceo_name", "employees"],
  warnings: [],
  numInputs,
  ...changes,
})

export const texts = (count: number) => companies(count).map((row) => JSON.stringify(row))

/** A group at Parallel of which no object knows yet. */
export const groupUpstream = async (upstream: Upstream): Promise<string> => {
  const response = await fetch(upstream.url("/v1/tasks/groups"), {
    method: "POST",
    headers: { "x-api-key": upstream.key, "content-type": "application/json" },
    body: "{}",
  })
  return (await response.json<{ taskgroup_id: string }>()).taskgroup_id
}

/** A group whose object has all inputs, but is not committed. */
export const receivedGroup = async (
  upstream: Upstream,
  count: number,
  webhookUrl: string | null = null,
): Promise<string> => {
  const id = await groupUpstream(upstream)
  await groupStub(id).begin(initOf(id, count), { apiKey: upstream.key, webhookUrl })
  await groupStub(id).addInputs(0, texts(count))
  return id
}
