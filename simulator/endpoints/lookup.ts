import { ApiError, notFound } from "../core/errors.ts"
import type { Call, Context } from "../core/context.ts"
import type { Account } from "../core/accounts.ts"
import type { Run, TaskGroup } from "../ledger/types.ts"
import { invalid, problem } from "../validation/fields.ts"

const WELL_FORMED = /^[A-Za-z0-9_-]{1,128}$/

/** U22: a malformed id is unknown, or invalid. */
const checkId = (context: Context, id: string, prefix: string, name: string): void => {
  if (WELL_FORMED.test(id) && id.startsWith(prefix)) return
  if (context.behaviour().shapes.malformed_id === "422") {
    throw invalid([problem(["path", name], "string_pattern_mismatch", `Input should start with '${prefix}'`)])
  }
}

/** U22: what a key sees of another account's things, and of what another key of its own account made. */
const checkOwner = (
  context: Context,
  asks: Account,
  owner: { readonly account: string; readonly key?: string | undefined },
  what: string,
): void => {
  const { foreign_key: foreign, group_readers: readers } = context.behaviour().shapes
  const isOwn =
    asks.id === owner.account && (readers === "account" || owner.key === undefined || asks.key === owner.key)
  if (isOwn || foreign === "allowed") return
  throw foreign === "403" ? new ApiError(403, `Not allowed to access this ${what}`) : notFound(what)
}

export const findGroup = (context: Context, call: Call): TaskGroup => {
  const id = call.params["group"] ?? ""
  checkId(context, id, "tgrp_", "taskgroup_id")
  const group = context.ledger.groups.get(id)
  if (group === undefined) throw notFound("TaskGroup")
  checkOwner(context, call.account, group, "TaskGroup")
  return group
}

export const findRun = (context: Context, call: Call): Run => {
  const id = call.params["run"] ?? ""
  checkId(context, id, "trun_", "run_id")
  const run = context.ledger.runs.get(id)
  if (run === undefined) throw new ApiError(404, "Run id not found")
  const key = run.group === null ? undefined : context.ledger.groups.get(run.group)?.key
  checkOwner(context, call.account, { account: run.account, key }, "Run id")
  return run
}
