import type { Counts } from "../../domain/Counts.ts"

/** Runs of others in the group that are remembered, about 100 bytes each: so many that nobody adds them by mistake. */
const MAX_OTHERS = 50_000

interface Told {
  readonly runId: string
  readonly upstream: string
  /** When it was said. */
  readonly at: number
}

/**
 * What upstream says that no row does: of a row's run, while its output is on its way or where its end contradicts the
 * row's; and of runs that no row shows. Only in memory: a restart learns it anew. What is said of a row's run stays when
 * a transaction fails, because it is true all the same.
 */
export class ToldStates {
  private readonly rows = new Map<number, Told>()
  private readonly others = new Map<string, string>()
  private lost: Array<() => void> = []

  get size(): number {
    return this.rows.size
  }

  /** What changes from now on can be taken back. */
  begin(): void {
    this.lost = []
  }

  takeBack(): void {
    for (const restore of this.lost.reverse()) restore()
    this.lost = []
  }

  /** Of a row with this run and status, upstream says this. */
  put(inputIndex: number, runId: string | null, status: string, upstream: string, at: number): void {
    if (runId !== null && upstream !== status) this.rows.set(inputIndex, { runId, upstream, at })
    else this.delete(inputIndex)
  }

  delete(inputIndex: number): void {
    const told = this.rows.get(inputIndex)
    if (told === undefined) return
    this.rows.delete(inputIndex)
    this.lost.push(() => this.rows.set(inputIndex, told))
  }

  of(inputIndex: number): Told | null {
    return this.rows.get(inputIndex) ?? null
  }

  entries(): Iterable<readonly [inputIndex: number, Told]> {
    return this.rows
  }

  /** A run that no row shows: another's, or a second one for an input. */
  putOther(runId: string, status: string): void {
    const before = this.others.get(runId)
    if (before === undefined && this.others.size >= MAX_OTHERS) return
    this.others.set(runId, status)
    this.lost.push(() => (before === undefined ? this.others.delete(runId) : this.others.set(runId, before)))
  }

  /** A row shows this run from now on. */
  deleteOther(runId: string): void {
    const status = this.others.get(runId)
    if (status === undefined) return
    this.others.delete(runId)
    this.lost.push(() => this.others.set(runId, status))
  }

  /** These counts, with the runs that no row shows. */
  withOthers(counts: Iterable<readonly [status: string, count: number]>): Counts {
    const all = Object.fromEntries(counts)
    for (const status of this.others.values()) all[status] = (all[status] ?? 0) + 1
    return all
  }

  clear(): void {
    this.rows.clear()
    this.others.clear()
  }
}
