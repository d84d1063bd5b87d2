/**
 * Statuses of a task run, as Parallel names them. Parallel may add some: an unknown one is not terminal.
 */
export const TERMINAL: ReadonlySet<string> = new Set(["completed", "failed", "cancelled"])
export const ACTIVE: ReadonlySet<string> = new Set(["queued", "running", "cancelling"])

/** A run in this status never changes again. */
export const isTerminal = (status: string): boolean => TERMINAL.has(status)

/** Parallel's own definition of a run's `is_active`; `action_required` is neither active nor terminal. */
export const isActive = (status: string): boolean => ACTIVE.has(status)
