import * as Effect from "effect/Effect"
import type { Standing } from "../domain/Act.ts"
import type { AddRequest } from "../domain/ActRequest.ts"
import { fitColumns, inputColumnsWarning } from "../domain/Columns.ts"
import type { GroupId } from "../domain/Ids.ts"
import { countRows, cutBatches } from "../domain/Plan.ts"
import type { Problem } from "../domain/Problem.ts"
import { costProblem, estimateCostUsd } from "../domain/Processors.ts"
import { leftOutWarnings } from "../domain/requestFields.ts"
import type { Rows } from "../domain/Rows.ts"
import type { JsonText } from "../domain/TaskGroup.ts"
import { checkSizes } from "../domain/TaskSpec.ts"
import type { ApiKey } from "../services/ParallelApi.ts"
import { Settings } from "../services/Settings.ts"
import { TaskGroups } from "../services/TaskGroups.ts"
import { ActNotDone } from "./actErrors.ts"
import { InvalidRequest } from "./createErrors.ts"
import { limitsOf } from "./decodeBody.ts"
import { loadRows } from "./loadRows.ts"
import { inTime } from "./prepareTask.ts"

/** Rows for a group that is there, and what is said of them. */
export interface AddedRows {
  readonly rows: Rows
  readonly inputColumns: ReadonlyArray<string>
  readonly warnings: ReadonlyArray<string>
}

/** The rows of a request whose key is good, checked against the group. */
export const rowsToAdd = Effect.fnUntraced(function* (
  key: ApiKey,
  request: AddRequest,
  { taskSpec, processor, numInputs }: Standing,
) {
  const settings = yield* Settings
  const rows = yield* inTime(loadRows(key, request))
  const problems: Array<Problem> = [...checkSizes(taskSpec, rows, limitsOf(settings))]
  const room = settings.MAX_INPUTS - numInputs
  const more = rows.texts.length
  if (more > room)
    problems.unshift({
      path: "inputs",
      message: `has ${more} ${more === 1 ? "row" : "rows"}, and the group has room for ${Math.max(0, room)} beside its ${numInputs}. Send fewer, or make a group of their own.`,
    })
  const dear = costProblem(request.maxCostUsd, processor, more)
  if (dear !== null) problems.unshift(dear)
  if (problems.length > 0) return yield* new InvalidRequest({ problems })
  const { taken, left } = fitColumns([], rows.columns.keys())
  const warnings = [...leftOutWarnings(rows), ...(left.length > 0 ? [inputColumnsWarning(left.length)] : [])]
  const added: AddedRows = { rows, inputColumns: taken, warnings }
  return added
})

/** The answer to a plan of adding these rows. */
export const planOfRows = ({ rows, warnings }: AddedRows, standing: Standing): JsonText => {
  const { url, taskgroupId, numInputs, processor } = standing
  const added = rows.texts.length
  return JSON.stringify({
    dry_run: true,
    url,
    taskgroup_id: taskgroupId,
    added,
    first_index: numInputs,
    num_inputs: numInputs + added,
    estimated_cost_usd: estimateCostUsd(processor, added),
    warnings,
  })
}

/** Pieces are kept until the act takes them, each as one value. */
const PIECE_CHARS = 400_000
const PIECE_ROWS = 1_000

/** Gives rows to the group's object, under a name. Rows that are handed over are not kept here. */
export const handOverRows = Effect.fnUntraced(function* (id: GroupId, pieces: string, { texts }: Rows) {
  const groups = yield* TaskGroups
  const lost = new ActNotDone({
    message: "The rows could not be stored. Nothing has changed; send the request again.",
  })
  const lengths = texts.map((text, index) => [index, text.length] as const)
  for (const piece of cutBatches(lengths, { size: PIECE_ROWS, chars: PIECE_CHARS })) {
    const kept = yield* groups
      .addPiece(id, pieces, piece.rows[0]!.from, texts.splice(0, countRows(piece)))
      .pipe(Effect.mapError(() => lost))
    if (kept === "gone") return yield* lost
  }
})
