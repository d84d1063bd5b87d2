import { SqlRefusal } from "./SqlRefusal.ts"
import { SqlBudgetSpent } from "./WorkBudget.ts"

/** A statement's rows. */
export interface SqlRows {
  readonly columnNames: ReadonlyArray<string>
  readonly rowsRead: number
  readonly rowsWritten: number
  readonly raw: ReadonlyArray<ReadonlyArray<unknown>>
}

/** Why there are none. `retryAfterSeconds`: null where asking again changes nothing. */
export interface SqlRefused {
  readonly refused: string
  readonly retryAfterSeconds: number | null
}

/** What is to be told of an error to who asked; null for a fault of ours. */
export const sqlRefused = (error: unknown): SqlRefused | null => {
  if (error instanceof SqlBudgetSpent)
    return { refused: error.message, retryAfterSeconds: error.retryAfterSeconds }
  const isTold = error instanceof SqlRefusal || (error instanceof Error && error.message.includes("SQLITE_"))
  return isTold ? { refused: error.message, retryAfterSeconds: null } : null
}
