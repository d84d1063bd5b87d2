import { timestamp } from "../core/clock.ts"
import type { Context } from "../core/context.ts"
import { metadataText, outputOf, runView } from "../core/views.ts"
import type { JsonObject, Metadata } from "../core/wire.ts"
import { groupStatus, statusAt } from "../ledger/status.ts"
import { attemptOf, inputIndexOf } from "../ledger/ledger.ts"
import type { Run, TaskGroup } from "../ledger/types.ts"
import { DEFAULT_BEHAVIOUR } from "../behaviour/document.ts"

/** A run as it truly is, now and in the end, without any of the behaviour's deviations in timing. */
export const truthOf = (context: Context, run: Run, withOutput = true) => {
  const now = context.clock.now()
  const final = run.changeTo ?? run.outcome
  const made = withOutput && final === "completed" ? outputOf(context, run) : null
  return {
    run_id: run.id,
    ordinal: run.ordinal,
    input_index: inputIndexOf(run),
    processor: run.processor,
    metadata: run.metadata,
    input: JSON.parse(run.inputText) as string | JsonObject,
    input_text: run.inputText,
    metadata_text: metadataText(run),
    passed_on_text: run.extraText,
    attempt: attemptOf(run),
    status: statusAt(run, now),
    final_status: final,
    created_at: timestamp(run.createdAt),
    starts_at: timestamp(run.startAt),
    ends_at: timestamp(run.endAt),
    error: final === "failed" ? runView(context, run, Math.max(run.endAt, run.changeAt ?? 0)).error : null,
    output: made?.output ?? null,
    content_text: made === null ? null : (made.contentText ?? JSON.stringify(made.output.content)),
  }
}
export type RunTruth = ReturnType<typeof truthOf>

export const groupTruth = (context: Context, group: TaskGroup) => ({
  taskgroup_id: group.id,
  metadata: JSON.parse(group.metadataText ?? "null") as Metadata | null,
  metadata_text: group.metadataText,
  created_at: timestamp(group.createdAt),
  status: groupStatus(group, context.clock.now(), DEFAULT_BEHAVIOUR.status),
  num_runs: group.runs.length,
})

const RUNS_PER_CHUNK = 100

function* textOf(context: Context, group: TaskGroup, withOutput: boolean): Generator<string> {
  yield `${JSON.stringify(groupTruth(context, group)).slice(0, -1)},"runs":[`
  for (let from = 0; from < group.runs.length; from += RUNS_PER_CHUNK) {
    const runs = group.runs.slice(from, from + RUNS_PER_CHUNK)
    const text = runs.map((run) => JSON.stringify(truthOf(context, run, withOutput))).join(",\n")
    yield `${from === 0 ? "" : ",\n"}${text}`
  }
  yield "]}"
}

/** The whole group as one JSON document, made while it is read. */
export const ledgerResponse = (context: Context, group: TaskGroup, withOutput: boolean): Response => {
  const encoder = new TextEncoder()
  const parts = textOf(context, group, withOutput)
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      pull(controller) {
        const { done, value } = parts.next()
        if (done === true) controller.close()
        else controller.enqueue(encoder.encode(value))
      },
    },
    { highWaterMark: 0 },
  )
  return new Response(body, { headers: { "content-type": "application/json" } })
}
