import type { ChangeNumber } from "../../domain/Ids.ts"
import { type StoredRow, textSize } from "./tables.ts"

/** Up to this much text of overwritten rows is kept, so that answers of up to this size are one moment. */
const BUDGET_CHARS = 16 * 1024 * 1024

/** What a row takes beside its large columns. */
const ROW_CHARS = 500

/**
 * Lets a reader see the rows of one moment while they are written: while a snapshot is open, the former version of a
 * row is kept when it is overwritten. Past the budget, readers see newer rows instead.
 */
export class UndoLog {
  private readonly versions = new Map<number, Array<StoredRow>>()
  private readonly open = new Set<symbol>()
  private chars = 0
  private overflown = false

  register(): () => void {
    const token = Symbol("snapshot")
    this.open.add(token)
    return () => {
      this.open.delete(token)
      if (this.open.size === 0) {
        this.versions.clear()
        this.chars = 0
        this.overflown = false
      }
    }
  }

  /** How many snapshots are open. */
  get readers(): number {
    return this.open.size
  }

  /** Whether a snapshot needs former versions. */
  get isOpen(): boolean {
    return this.open.size > 0 && !this.overflown
  }

  record(before: StoredRow): void {
    if (!this.isOpen) return
    this.chars += textSize(before) + ROW_CHARS
    if (this.chars > BUDGET_CHARS) {
      this.overflown = true
      this.versions.clear()
      return
    }
    const versions = this.versions.get(before.inputIndex)
    if (versions === undefined) this.versions.set(before.inputIndex, [before])
    else versions.push(before)
  }

  /** The row as it was when `change` was the newest change. */
  asOf(current: StoredRow, change: ChangeNumber): StoredRow {
    if (current.change <= change) return current
    return this.versions.get(current.inputIndex)?.findLast((row) => row.change <= change) ?? current
  }
}
