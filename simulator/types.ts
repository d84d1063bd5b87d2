import type { Behaviour } from "./behaviour/document.ts"
import type { DeepPartial } from "./behaviour/spec.ts"
import type { Host } from "./control/host.ts"
import type { Accounts } from "./core/accounts.ts"
import type { Clock } from "./core/clock.ts"
import type { Context } from "./core/context.ts"
import type { Faults } from "./core/faults.ts"
import type { RequestLog } from "./core/requestLog.ts"
import type { Ledger } from "./ledger/ledger.ts"
import type { Journal, LedgerRecord, RunOverride } from "./ledger/types.ts"

/** Any part of the behaviour document; what is left out keeps its default. */
export type BehaviourPatch = DeepPartial<Behaviour>

export interface SimulatorOptions {
  readonly clock: Clock
  readonly seed?: string | number
  /** Over the defaults, or over what the journal remembers. */
  readonly behaviour?: BehaviourPatch
  /** Where changes go to survive the process, and what it holds from before. */
  readonly journal?: Journal
  readonly past?: Iterable<LedgerRecord>
}

export interface Simulator {
  /** Answers like Parallel's API, and the control interface under `/_sim/`. Rejects where a connection breaks. */
  handle(request: Request): Promise<Response>
  readonly behaviour: BehaviourStore
  readonly faults: Faults
  readonly requests: RequestLog
  readonly ledger: Ledger
  readonly accounts: Accounts
  /** The webhook receiver and the served inputs. */
  readonly host: Host
  readonly clock: Clock
  /** Ends all runs of a group (or one single run) now. */
  finish(id: string): void
  /** Forces the fate of runs of a group that exist or will. */
  override(group: string, override: Partial<RunOverride>): void
  revokeKey(key: string): void
  restoreKey(key: string): void
  readonly context: Context
  close(): void
}

export interface BehaviourStore {
  readonly current: Behaviour
  /** Defaults, then this. */
  set(document: BehaviourPatch): Behaviour
  /** What holds now, then this. Lists are replaced. */
  patch(document: BehaviourPatch): Behaviour
}
