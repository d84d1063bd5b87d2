import { timestamp } from "../core/clock.ts"
import type { Context, Handler } from "../core/context.ts"
import { fieldsOf } from "../core/jsonText.ts"
import { hex128 } from "../core/random.ts"
import { answer, told } from "../core/views.ts"
import { groupStatus } from "../ledger/status.ts"
import type { TaskGroup } from "../ledger/types.ts"
import { checkMetadata, invalid, isObject, parseBody } from "../validation/fields.ts"
import { findGroup } from "./lookup.ts"

const groupView = (context: Context, group: TaskGroup) => ({
  taskgroup_id: group.id,
  metadata: group.metadataText === null ? null : told(context, group.metadataText),
  status: groupStatus(group, context.clock.now(), context.behaviour().status),
  created_at: timestamp(group.createdAt),
})

export const createGroup: Handler = (context, call) => {
  const body = parseBody(call.body)
  const problems = checkMetadata(body["metadata"], ["body", "metadata"], false)
  if (problems.length > 0) throw invalid(problems)
  const { ledger, clock } = context
  const id = `tgrp_${hex128(ledger.seed, "group", ledger.groups.size)}`
  ledger.commit({
    t: "group",
    id,
    account: call.account.id,
    key: call.account.key,
    at: clock.now(),
    metadataText: isObject(body["metadata"]) ? fieldsOf(call.body).get("metadata")! : null,
  })
  return answer(context, groupView(context, ledger.groups.get(id)!))
}

export const getGroup: Handler = (context, call) =>
  answer(context, groupView(context, findGroup(context, call)))
