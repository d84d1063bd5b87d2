import type { ChangeNumber } from "../../domain/Ids.ts"
import type { EventBatch, EventReader, RowEncoder } from "../../services/GroupReader.ts"
import { type Backlog, backlogAfter, isUnwritten, NO_BACKLOG } from "./backlog.ts"
import { eventPages, PAGE_ROWS } from "./eventPages.ts"
import type { GroupTables } from "./GroupTables.ts"
import { indexOfRow } from "./tables.ts"

/** How much is made for one batch, about. */
const BATCH_BYTES = 128 * 1024
/** Until it is known how long they are. */
const FIRST_ROWS = 32

/**
 * A viewer's way through the changes: first those that only SQLite holds, oldest first, then those of the ring. A row
 * that changed again since the look-up is left for later, when its newer change comes up.
 */
export const makeRowReader = (tables: GroupTables, after: ChangeNumber, encode: RowEncoder): EventReader => {
  const release = tables.addReader()
  let position = after
  let backlog: Backlog = NO_BACKLOG
  let at = 0
  let pageRows = FIRST_ROWS

  const encodeNow = (inputIndex: number): Uint8Array => {
    const row = tables.row(inputIndex)
    if (row === null) throw new Error(`row ${inputIndex} is gone`)
    return encode(row, tables.group)
  }
  const pageOf = encode.events === undefined ? () => null : eventPages(tables, encode.events, encodeNow)

  /** Where the next rows end that the table has as they are, and had so when they were looked up. */
  const endOfStored = () => {
    let end = at
    for (const most = Math.min(at + pageRows, backlog.ids.length); end < most; end++) {
      const id = backlog.ids[end]!
      if (isUnwritten(id) || tables.passing.has(indexOfRow(id))) break
    }
    return end
  }

  const oneByOne = () => {
    const bytes: Array<Uint8Array> = []
    for (let size = 0; at < backlog.ids.length && size < BATCH_BYTES; at++) {
      const row = tables.row(indexOfRow(backlog.ids[at]!))
      if (row?.change !== backlog.changes[at]) continue
      const event = encode(row!, tables.group)
      bytes.push(event)
      size += event.length
    }
    return bytes
  }

  const byThePage = () => {
    const end = endOfStored()
    if (end === at) return null
    const page = pageOf(backlog, at, end, BATCH_BYTES)
    if (page === null) {
      pageRows = Math.ceil(pageRows / 2)
      return null
    }
    const size = page.bytes.reduce((sum, { length }) => sum + length, 1)
    const fitting = Math.floor((BATCH_BYTES * (page.to - at)) / size)
    pageRows = Math.max(1, Math.min(PAGE_ROWS, 2 * pageRows, fitting))
    at = page.to
    return page.bytes
  }

  const fromBacklog = (): EventBatch => {
    const bytes = byThePage() ?? oneByOne()
    if (at < backlog.ids.length) position = backlog.changes[at - 1]!
    else {
      position = backlog.to
      // A viewer may stay for days.
      backlog = NO_BACKLOG
      at = 0
    }
    return { bytes, to: position, more: position < tables.change }
  }

  return {
    next: () => {
      if (tables.isClosed) return { bytes: [], to: position, more: false }
      if (at < backlog.ids.length) return fromBacklog()
      if (!tables.ring.covers(position)) {
        ;({ backlog, at } = backlogAfter(tables, position))
        return fromBacklog()
      }
      const batch = tables.ring.read(position, BATCH_BYTES, encode, encodeNow)
      position = batch.more ? batch.to : tables.change
      return { bytes: batch.bytes, to: position, more: batch.more }
    },
    close: release,
  }
}
