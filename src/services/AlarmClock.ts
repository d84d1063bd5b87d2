import * as Context from "effect/Context"

/** What an object may have to wake up for. */
export type AlarmName = "watchdog" | "webhook" | "removal" | "uncommitted" | "pieces" | "deleted"

/**
 * Several named due times on the object's one alarm. Synchronous, so that setting one can be part of a transaction.
 * Due times survive a restart.
 */
export class AlarmClock extends Context.Service<
  AlarmClock,
  {
    /** Replaces the due time (epoch milliseconds) of that name. */
    readonly set: (name: AlarmName, at: number) => void
    readonly clear: (name: AlarmName) => void
    readonly get: (name: AlarmName) => number | null
    /** Names due at `now`. They stay set until they are cleared or set anew, so that a crash forgets nothing. */
    readonly due: (now: number) => ReadonlyArray<AlarmName>
    /** Sets the object's alarm to the earliest due time again: the platform forgets it when it fires. */
    readonly rearm: (now: number) => void
  }
>()("multitask/services/AlarmClock") {}
