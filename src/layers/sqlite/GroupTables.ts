import type { Counts } from "../../domain/Counts.ts"
import { type ChangeNumber, NO_CHANGE, type RunId, shiftChange } from "../../domain/Ids.ts"
import { mergedOf } from "../../domain/RunJson.ts"
import type { GroupDetails, JsonText } from "../../domain/TaskGroup.ts"
import type { AcceptedRun } from "../../services/SubmissionStore.ts"
import type { Publisher } from "../../services/Publisher.ts"
import type { Backlog } from "./backlog.ts"
import { ChangeRing } from "./ChangeRing.ts"
import { Kept } from "./Kept.ts"
import { acceptRows, insertRows, repeatRows } from "./manyRows.ts"
import { newestRow } from "./pages.ts"
import { PassingStates } from "./PassingStates.ts"
import { PlainText } from "./PlainText.ts"
import { RowStates, type State } from "./RowStates.ts"
import { SharedPages } from "./SharedPages.ts"
import { run, type SqliteStorage } from "./SqliteStorage.ts"
import {
  openTables,
  readDetails,
  rowId,
  type StoredDetails,
  type StoredRow,
  updateRow,
  writeDetails,
} from "./tables.ts"
import { Tally } from "./Tally.ts"
import { ToldStates } from "./ToldStates.ts"
import { UndoLog } from "./UndoLog.ts"

/** Change numbers that may be given to what is not written, before that they are taken is. */
const RESERVED = 1_000

const FRESH = { runId: null, status: "queued", upstream: "queued", confirmed: false }

/**
 * The two tables with what is derived from them in memory (counts, newest change, run ids). All writes go through
 * `write`, which makes them one transaction, gives every changed row its number, and tells viewers afterwards.
 */
export class GroupTables {
  readonly undo = new UndoLog()
  readonly passing = new PassingStates()
  readonly told = new ToldStates()
  /** Runs that gave way to others in the row that they were assigned to by their place in an answer. */
  private readonly displaced = new Set<RunId>()
  readonly shared = new SharedPages()
  readonly plain: PlainText
  readonly kept: Kept
  readonly ring: ChangeRing
  /** What the last reader that was behind the ring looked up, for the next. */
  backlog: Backlog | null = null
  private tally: Tally | null = null
  private cachedDetails: StoredDetails | null | undefined = undefined
  private states: RowStates | null = null
  private readers = 0
  /** No change number up to this one is given again, whatever happens to this object. */
  private reserved = NO_CHANGE
  private heard = false
  private touched: Array<{ readonly change: ChangeNumber; readonly inputIndex: number }> = []
  private closed = false
  private writing = false

  readonly storage: SqliteStorage
  private readonly publisher: Publisher["Service"]

  constructor(storage: SqliteStorage, publisher: Publisher["Service"]) {
    this.storage = storage
    this.publisher = publisher
    this.plain = new PlainText(storage)
    this.kept = new Kept(storage.kv)
    // Asked for the newest change, it makes the tables.
    this.ring = new ChangeRing(this.change)
  }

  get isClosed(): boolean {
    return this.closed
  }

  close(): void {
    this.closed = true
    this.forget()
    this.clear()
  }

  /** What was stored has been deleted, tables included; they come back when a group begins. */
  deleted(): void {
    this.tally = new Tally()
    this.states = null
    this.reserved = NO_CHANGE
    this.clear()
    this.ring.reset(NO_CHANGE)
  }

  private clear(): void {
    this.cachedDetails = null
    this.backlog = null
    this.kept.forget()
    this.plain.forget()
    this.passing.clear()
    this.told.clear()
    this.displaced.clear()
  }

  private forget(): void {
    this.tally = null
    this.cachedDetails = undefined
    this.states = null
    this.plain.forget()
    this.kept.forget()
  }

  get counts(): Tally {
    if (this.tally === null) {
      // A transaction that failed may have taken the tables with it.
      if (!this.closed) openTables(this.storage)
      this.tally = this.closed ? new Tally() : Tally.read(this.storage)
      this.recount(this.tally)
      this.reserved = this.closed ? NO_CHANGE : (readDetails(this.storage)?.change ?? NO_CHANGE)
      this.tally.touch(this.reserved, 0)
    }
    return this.tally
  }

  /** Counts what the tables do not say. */
  private recount(tally: Tally): void {
    const states = this.passing.size + this.told.size === 0 ? null : this.rowStates
    const statusOf = ([inputIndex]: readonly [number, unknown]) =>
      [inputIndex, states!.of(inputIndex)!.status] as const
    const stored = new Map([...this.told.entries()].map(statusOf))
    for (const [inputIndex, { was }] of this.passing.entries()) stored.set(inputIndex, was)
    for (const [inputIndex, status] of stored) {
      const state = states!.of(inputIndex)!
      tally.remove({ ...state, status, upstream: status })
      tally.add(state, this.told.of(inputIndex)?.at ?? 0)
    }
  }

  /** The rows' states where they are in memory; null where the table alone says the same. */
  get knownStates(): RowStates | null {
    return this.passing.size > 0 ? this.rowStates : this.states
  }

  private get rowStates(): RowStates {
    if (this.states === null) {
      this.states = this.closed ? new RowStates() : RowStates.read(this.storage)
      for (const [inputIndex, { status }] of this.passing.entries())
        this.states.put({ ...this.states.of(inputIndex)!, status, upstream: status })
      for (const [inputIndex, { runId, upstream }] of this.told.entries()) {
        const state = this.states.of(inputIndex)
        if (state?.runId === runId) this.states.put({ ...state, upstream })
        else this.told.delete(inputIndex)
      }
    }
    return this.states
  }

  /** What upstream's counts should be. */
  get upstreamCounts(): Counts {
    return this.told.withOthers(this.counts.upstream)
  }

  /** Nothing will be written any more: what only that needs can go. */
  rest(): void {
    // What upstream said of earlier attempts goes as well: they are counted as they will be read.
    for (const { status, upstream } of this.states?.formerRuns() ?? [])
      this.counts.tellFormer(upstream, status)
    this.states = null
  }

  get change(): ChangeNumber {
    return this.counts.change
  }

  get details(): StoredDetails | null {
    if (this.cachedDetails === undefined) this.cachedDetails = this.closed ? null : readDetails(this.storage)
    return this.cachedDetails
  }

  /** Details of a group that is known to be here. */
  get group(): StoredDetails {
    const details = this.details
    if (details === null) throw new Error("no task group is stored here")
    return details
  }

  /**
   * One transaction. What it changed in memory is dropped when it fails, and read again from the tables. After the
   * object was closed it writes nothing and answers `otherwise`. One within another is part of it.
   */
  write<T>(otherwise: T, body: () => T): T {
    if (this.closed) return otherwise
    if (this.writing) return body()
    this.writing = true
    this.touched = []
    this.heard = false
    this.passing.begin()
    this.told.begin()
    const before = this.counts.change
    let result: T
    try {
      result = this.storage.transactionSync(() => {
        const answer = body()
        this.reserve()
        return answer
      })
    } catch (error) {
      this.passing.takeBack()
      this.told.takeBack()
      this.forget()
      throw error
    } finally {
      this.writing = false
    }
    if (this.readers === 0) this.ring.reset(this.change)
    else for (const { change, inputIndex } of this.touched) this.ring.push(change, inputIndex)
    if (this.counts.change !== before) this.publisher.publish()
    else if (this.heard) this.publisher.stir()
    return result
  }

  /** Inside `write`: inputs that have no row yet. */
  insert(
    inputs: ReadonlyArray<{ readonly inputIndex: number; readonly input: JsonText }>,
    now: number,
  ): void {
    const rows = inputs.map(({ inputIndex, input }) => {
      const change = this.changed({ ...FRESH, inputIndex, attempt: 1, processor: null }, now)
      return { inputIndex, change, text: input, merged: mergedOf(input, undefined) }
    })
    this.plain.note(inputs.map(({ input }) => input))
    insertRows(this.storage, rows, now)
  }

  /** Inside `write`: the next attempts at these inputs, whose newest ones have ended. */
  repeat(rows: ReadonlyArray<Pick<State, "inputIndex" | "processor">>, now: number): void {
    const repeated = rows.map(({ inputIndex, processor }) => {
      const { attempt } = this.state(inputIndex)!
      if (this.undo.isOpen) this.undo.record(this.row(inputIndex)!)
      const change = this.changed({ ...FRESH, inputIndex, attempt: attempt + 1, processor }, now)
      return { id: rowId(inputIndex, attempt), change, processor }
    })
    repeatRows(this.storage, repeated, now)
  }

  /** Inside `write`: gives rows their runs, where neither the row has one nor another row the run. */
  accept(runs: ReadonlyArray<AcceptedRun>, now: number): void {
    const accepted = runs.flatMap(({ inputIndex, attempt = 1, runId }) => {
      const state = this.state(inputIndex)
      if (state === null || state.attempt !== attempt || state.runId !== null || this.isKnown(runId))
        return []
      if (this.undo.isOpen) this.undo.record(this.row(inputIndex)!)
      const change = this.changed({ ...state, runId, status: "queued", upstream: "queued" }, now)
      return [{ inputIndex, attempt, change, text: runId }]
    })
    this.plain.note(accepted.map(({ text }) => text))
    acceptRows(this.storage, accepted, now)
  }

  /**
   * Inside `write`: replaces a row, which takes the next change number. One that passes is not written. `upstream`: its
   * run's status there, where the row does not say it yet.
   */
  update(before: StoredRow, next: StoredRow, now: number, upstream: string = next.status): void {
    this.undo.record(before)
    this.plain.noteUpdate(before, next)
    const { inputIndex, attempt, processor, runId, status, confirmed } = next
    const passes = this.passing.covers(before, next)
    this.told.put(inputIndex, runId, status, upstream, now)
    const state = { inputIndex, attempt, processor, runId, status, upstream, confirmed }
    const change = this.changed(state, now, passes)
    const after = { ...next, change }
    if (passes) this.passing.put(before, after, now)
    else updateRow(this.storage, this.passing.delete(inputIndex) ? null : before, after, now)
  }

  /**
   * Whether a run is one that upstream gave us: a row has it, had it until its own metadata named another, or it takes
   * the place of one that belongs to another row.
   */
  isOurs(runId: RunId, { inputIndex, runId: present }: State): boolean {
    if (this.isKnown(runId) || this.displaced.has(runId)) return true
    if (present === null) return false
    return this.indexOfRun(present) !== inputIndex || this.rowStates.former(present) !== null
  }

  /** What upstream says of a row's run, which the row does not say, now or ever. */
  tell(inputIndex: number, upstream: string, now: number): void {
    const state = this.state(inputIndex)!
    if (state.upstream === upstream) return
    this.told.put(inputIndex, state.runId, state.status, upstream, now)
    this.counts.remove(state)
    this.counts.add({ ...state, upstream }, now)
    this.rowStates.put({ ...state, upstream })
    this.heard = true
  }

  /** The same of the run of an earlier attempt; null when it is none. */
  tellFormer(runId: RunId, upstream: string): "unchanged" | null {
    const former = this.rowStates.former(runId)
    if (former !== null && former.upstream !== upstream) {
      this.counts.tellFormer(former.upstream, upstream)
      this.rowStates.tellFormer(runId, upstream)
      this.heard = true
    }
    return former && "unchanged"
  }

  /** Inside `write`: writes what passes, as of when it was learned, so that the tables say what we know. */
  flush(): void {
    for (const [inputIndex, { at }] of this.passing.entries()) {
      updateRow(this.storage, null, this.row(inputIndex)!, at)
      this.passing.delete(inputIndex)
      this.counts.touch(this.change, at)
    }
  }

  /** A number that viewers know must mean the same after a restart, or they would miss what takes it anew. */
  private reserve(): void {
    if (!this.passing.hasNew || this.change <= this.reserved) return
    this.reserved = shiftChange(this.change, RESERVED)
    run(this.storage, "UPDATE details SET change = ? WHERE id = 1", this.reserved)
  }

  /** A row's new state, under the next change number. */
  private changed(state: Omit<State, "named">, now: number, passes = false): ChangeNumber {
    const change = this.nextChange(now, passes)
    const before = this.state(state.inputIndex)
    if (before !== null) this.counts.remove(before)
    if (state.runId !== null) this.told.deleteOther(state.runId)
    this.counts.add(state, now)
    this.rowStates.put(state)
    // Upstream has a run that metadata took from its row as well, even if no row shows it.
    const former = before?.runId ?? null
    if (before !== null && before.attempt !== state.attempt) {
      this.counts.addFormer(before)
      this.told.delete(state.inputIndex)
    } else if (former !== null && former !== state.runId) {
      this.displaced.add(former)
      if (!this.isKnown(former)) this.told.putOther(former, before!.upstream)
    }
    this.touched.push({ change, inputIndex: state.inputIndex })
    return change
  }

  /** Inside `write`: the next change number. `rowChangedAt` is 0 where no row changes: messages are no progress. */
  nextChange(rowChangedAt: number, passes = false): ChangeNumber {
    const change = shiftChange(this.counts.change, 1)
    this.counts.touch(change, rowChangedAt, passes)
    return change
  }

  /** Inside `write`: replaces details, as a change of its own. */
  updateDetails(next: Partial<Omit<StoredDetails, "change">>): void {
    const details = { ...this.group, ...next, change: this.nextChange(0) }
    writeDetails(this.storage, details)
    this.reserved = details.change
    this.cachedDetails = details
  }

  /** Inside `write`: the first details. */
  insertDetails(details: GroupDetails): void {
    const stored = { ...details, endChange: null, change: this.nextChange(0) }
    writeDetails(this.storage, stored)
    this.plain.begin()
    this.reserved = stored.change
    this.cachedDetails = stored
  }

  /** What of a row decides what an update means; from memory. */
  state(inputIndex: number): State | null {
    return this.rowStates.of(inputIndex)
  }

  /** The newest attempt at an input. */
  row(inputIndex: number): StoredRow | null {
    const row = newestRow(this.storage, inputIndex)
    return row && this.passing.current(row)
  }

  /** The states of these inputs, or of all, in their order. */
  attempts(indexes: ReadonlyArray<number> | null): ReadonlyArray<State> {
    return indexes === null ? [...this.rowStates] : indexes.flatMap((index) => this.state(index) ?? [])
  }

  hasUnnamedRuns(): boolean {
    return this.rowStates.hasUnnamed()
  }

  indexOfRun(runId: RunId): number | null {
    return this.rowStates.indexOf(runId)
  }

  /** Whether a row has this run, or an earlier attempt at one. */
  private isKnown(runId: RunId): boolean {
    return this.indexOfRun(runId) !== null || this.rowStates.former(runId) !== null
  }

  addReader(): () => void {
    if (this.readers === 0) this.ring.reset(this.change)
    this.readers++
    let open = true
    return () => {
      if (!open) return
      open = false
      if (--this.readers === 0) this.backlog = null
    }
  }
}
