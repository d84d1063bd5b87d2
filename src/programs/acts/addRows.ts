import type { ActOf } from "../../domain/Act.ts"
import { estimateCostUsd } from "../../domain/Processors.ts"
import type { ActContext, Decision } from "./decision.ts"
import { planRows } from "./decision.ts"

/** Adds the rows that have come, behind those that the group has, with its processor. */
export const addRows = (context: ActContext, act: Extract<ActOf, { readonly _tag: "inputs" }>): Decision => {
  const { group, receiving, settings, now } = context
  const { numInputs, processor } = group.details()!
  const count = act.numInputs
  if (numInputs + count > settings.MAX_INPUTS) {
    const message = `has ${count} ${count === 1 ? "row" : "rows"}, and the group has ${numInputs}: at most ${settings.MAX_INPUTS} are taken in all. Send the rest to a new group.`
    return { _tag: "Refused", problems: [{ path: "inputs", message }] }
  }
  if (!receiving.hasPieces(act.pieces, count)) return { _tag: "PiecesLost" }
  return {
    _tag: "Plan",
    answer: {
      added: count,
      first_index: numInputs,
      num_inputs: numInputs + count,
      estimated_cost_usd: estimateCostUsd(processor, count),
    },
    warnings: act.warnings,
    apply: () => {
      const { inputColumns } = act
      const { firstIndex, lengths } = receiving.addRows(act.pieces, { count, inputColumns }, now)
      for (const warning of act.warnings) group.addWarning(warning)
      planRows(
        context,
        lengths.map((chars, at) => [firstIndex + at, chars] as const),
        false,
      )
    },
  }
}
