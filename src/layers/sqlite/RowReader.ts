import type { ChangeNumber } from "../../domain/Ids.ts"
import type { EventBatch, EventReader, RowEncoder } from "../../services/GroupReader.ts"
import type { GroupTables } from "./GroupTables.ts"
import { storedChange } from "./tables.ts"

/** How many changes are looked up at once, and how much is encoded for one batch. */
const SCAN_ROWS = 2_000
const BATCH_BYTES = 128 * 1024

/**
 * A viewer's way through the changes: first those that only SQLite holds, oldest first, then those of the ring. A row
 * that changed again since the look-up is left for later, when its newer change comes up.
 */
export const makeRowReader = (tables: GroupTables, after: ChangeNumber, encode: RowEncoder): EventReader => {
  const release = tables.addReader()
  let position = after
  let backlog: Array<readonly [change: ChangeNumber, inputIndex: number]> = []
  let at = 0
  let scannedTo = after

  const encodeNow = (inputIndex: number): Uint8Array => {
    const row = tables.row(inputIndex)
    if (row === null) throw new Error(`row ${inputIndex} is gone`)
    return encode(row, tables.group)
  }

  const scan = () => {
    const head = tables.change
    backlog = []
    at = 0
    for (const row of tables.storage.sql
      .exec(
        `SELECT change, input_index FROM runs WHERE change > ? ORDER BY change LIMIT ${SCAN_ROWS}`,
        position,
      )
      .raw()) {
      backlog.push([storedChange(row[0]), row[1] as number])
    }
    scannedTo = backlog.length < SCAN_ROWS ? head : backlog.at(-1)![0]
    const unwritten = tables.passing.changes(position, scannedTo)
    if (unwritten.length > 0) backlog = [...backlog, ...unwritten].sort(([one], [other]) => one - other)
  }

  const fromBacklog = (): EventBatch => {
    const bytes: Array<Uint8Array> = []
    let size = 0
    while (at < backlog.length && size < BATCH_BYTES) {
      const [change, inputIndex] = backlog[at++]!
      const row = tables.row(inputIndex)
      if (row !== null && row.change === change) {
        const event = encode(row, tables.group)
        bytes.push(event)
        size += event.length
      }
      position = change
    }
    if (at >= backlog.length) position = scannedTo
    return { bytes, to: position, more: position < tables.change }
  }

  return {
    next: () => {
      if (tables.isClosed) return { bytes: [], to: position, more: false }
      if (at < backlog.length) return fromBacklog()
      if (!tables.ring.covers(position)) {
        scan()
        return fromBacklog()
      }
      const batch = tables.ring.read(position, BATCH_BYTES, encode, encodeNow)
      position = batch.more ? batch.to : tables.change
      return { bytes: batch.bytes, to: position, more: batch.more }
    },
    close: release,
  }
}
