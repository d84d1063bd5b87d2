import type { Behaviour } from "../behaviour/document.ts"
import type { RouteName, StreamFault } from "../behaviour/faultSpec.ts"
import { EventLog } from "../ledger/eventLog.ts"
import type { Ledger } from "../ledger/ledger.ts"
import type { TaskGroup } from "../ledger/types.ts"
import type { Account, Accounts } from "./accounts.ts"
import type { Clock } from "./clock.ts"
import type { RequestLog } from "./requestLog.ts"

/** What the endpoints share. */
export interface Context {
  readonly clock: Clock
  readonly ledger: Ledger
  readonly accounts: Accounts
  readonly requests: RequestLog
  readonly logs: EventLogs
  readonly behaviour: () => Behaviour
}

/** One request to Parallel's API, with its key already accepted. */
export interface Call {
  readonly request: Request
  readonly url: URL
  readonly body: string
  readonly route: RouteName
  readonly params: Readonly<Record<string, string>>
  readonly account: Account
  /** Numbers the requests, for draws that differ from one to the next. */
  readonly ordinal: number
  /** U12: only the first half of the runs is to be created, though the answer will be an error. */
  readonly partial: boolean
  readonly streamFault: StreamFault | null
}

export type Handler = (context: Context, call: Call) => Promise<Response> | Response

/** The event log of each group, built when first asked for. */
export class EventLogs {
  readonly #logs = new Map<string, EventLog>()
  readonly #seed: () => string
  readonly #behaviour: () => Behaviour
  constructor(seed: () => string, behaviour: () => Behaviour) {
    this.#seed = seed
    this.#behaviour = behaviour
  }

  /** The log, written up to `now`. */
  of(group: TaskGroup, now: number): EventLog {
    let log = this.#logs.get(group.id)
    if (log === undefined) {
      log = new EventLog(group, this.#seed(), this.#behaviour)
      this.#logs.set(group.id, log)
    }
    log.advance(now)
    return log
  }

  /** Changes the schedule of a group's runs without touching what the log has told already. */
  reschedule(group: TaskGroup, now: number, change: () => void): void {
    this.of(group, now).reschedule(change)
  }
}
