import type { JsonText } from "../core/jsonText.ts"
import type { Metadata, OutputContent, RunStatus, Warning } from "../core/wire.ts"

export type Outcome = "completed" | "failed" | "cancelled" | "action_required"

/**
 * A task run with its whole future: when it starts, when it ends and how. Its status at any time follows from that, so
 * a restart needs no catching up and no run needs a timer.
 */
export interface Run {
  readonly id: string
  /** Place in its group, from 0; single runs are numbered among themselves. */
  readonly ordinal: number
  readonly group: string | null
  /** The account of the key that made it. */
  readonly account: string
  readonly createdAt: number
  startAt: number
  endAt: number
  outcome: Outcome
  /** A later change of mind (U16), or the end of a parked run. */
  changeAt: number | null
  changeTo: RunStatus | null
  readonly processor: string
  readonly metadata: Metadata | null
  /** As it came, where `JSON.stringify` would write it otherwise. */
  readonly metadataText: JsonText | null
  /** As it came, to the letter. */
  readonly inputText: JsonText
  /** Index into the ledger's task specs; null: none was given. */
  readonly spec: number | null
  /** The input named its own `task_spec`, rather than taking the POST's default. */
  readonly ownSpec: boolean
  /** An object of what else the run input had, to the letter: source policy, webhook, MCP servers with their headers. */
  readonly extraText: JsonText
  readonly warnings: Warning[] | null
  errorMessage: string | null
  /** How long after completion the output appears; null: never. */
  outputDelay: number | null
  outputBytes: number
  outputContent: OutputContent
  /** The content, to the letter; null: what `outputContent` says. */
  outputText: JsonText | null
}

/** The runs of one POST. */
interface Batch {
  readonly start: number
  readonly size: number
  readonly at: number
}

export interface RunOverride {
  readonly input_index: number | null
  /** Absent in ledgers of earlier versions. */
  readonly attempt?: number | null
  readonly outcome: Outcome | null
  readonly ends_after_ms: number | null
  readonly output_delay_ms: number | null
  readonly output_never: boolean | null
  readonly output_bytes: number | null
  readonly output_content: OutputContent | null
  readonly output_text: JsonText | null
  readonly error_message: string | null
}

export interface TaskGroup {
  readonly id: string
  readonly ordinal: number
  readonly account: string
  /** Hash of the key that made it. */
  readonly key: string
  readonly createdAt: number
  readonly metadataText: JsonText | null
  readonly runs: Run[]
  readonly batches: Batch[]
  readonly overrides: RunOverride[]
}

/** Everything that changes the ledger; a journal of these, applied in order, gives it back. */
export type LedgerRecord =
  | { readonly t: "meta"; readonly seed: string }
  | { readonly t: "behaviour"; readonly document: unknown }
  | { readonly t: "key"; readonly key: string; readonly revoked: boolean }
  | { readonly t: "spec"; readonly id: number; readonly text: JsonText }
  | {
      readonly t: "group"
      readonly id: string
      readonly account: string
      readonly key: string
      readonly at: number
      readonly metadataText: JsonText | null
    }
  | {
      readonly t: "runs"
      readonly group: string | null
      readonly at: number
      readonly runs: ReadonlyArray<Run>
    }
  | { readonly t: "override"; readonly group: string; readonly override: RunOverride; readonly at: number }
  | { readonly t: "finish"; readonly group: string; readonly at: number }

/** Where records go to survive the process; absent: they do not. */
export interface Journal {
  append(record: LedgerRecord): void
  close(): void
}
