import { timestamp } from "../core/clock.ts"
import type { Context, Handler } from "../core/context.ts"
import { hex128 } from "../core/random.ts"
import type { Metadata } from "../core/wire.ts"
import { groupStatus } from "../ledger/status.ts"
import type { TaskGroup } from "../ledger/types.ts"
import { checkMetadata, invalid, readBody } from "../validation/fields.ts"
import { findGroup } from "./lookup.ts"

const groupView = (context: Context, group: TaskGroup) => ({
  taskgroup_id: group.id,
  metadata: group.metadata,
  status: groupStatus(group, context.clock.now(), context.behaviour().status),
  created_at: timestamp(group.createdAt),
})

export const createGroup: Handler = async (context, call) => {
  const body = await readBody(call.request)
  const problems = checkMetadata(body["metadata"], ["body", "metadata"], false)
  if (problems.length > 0) throw invalid(problems)
  const { ledger, clock } = context
  const id = `tgrp_${hex128(ledger.seed, "group", ledger.groups.size)}`
  ledger.commit({
    t: "group",
    id,
    account: call.account.id,
    at: clock.now(),
    metadata: (body["metadata"] ?? null) as Metadata | null,
  })
  return Response.json(groupView(context, ledger.groups.get(id)!))
}

export const getGroup: Handler = (context, call) =>
  Response.json(groupView(context, findGroup(context, call)))
