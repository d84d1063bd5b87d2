import type { ChangeNumber } from "../../domain/Ids.ts"
import type { RowEncoder } from "../../services/GroupReader.ts"

/** Viewers at the head rarely lag by more; those who do read from SQLite. */
const MAX_ENTRIES = 4_096
const MAX_BYTES = 8 * 1024 * 1024

interface Entry {
  readonly change: ChangeNumber
  readonly inputIndex: number
  /** What encoders made of it that somebody has asked with. */
  readonly bytes: Map<RowEncoder, Uint8Array>
  /** A newer change of the same row exists: viewers get rows as they are now. */
  overtaken: boolean
}

const sizeOf = (entry: Entry): number => {
  let size = 0
  for (const bytes of entry.bytes.values()) size += bytes.length
  return size
}

/** The newest changes, each encoded once for all viewers that read with the same encoder, when the first of them asks. */
export class ChangeRing {
  private entries: Array<Entry> = []
  private readonly newestOf = new Map<number, Entry>()
  private bytes = 0
  /** Every change after this number is here. */
  private floor: ChangeNumber

  constructor(floor: ChangeNumber) {
    this.floor = floor
  }

  covers(after: ChangeNumber): boolean {
    return after >= this.floor
  }

  /** Forgets everything: nobody is reading. */
  reset(floor: ChangeNumber): void {
    this.entries = []
    this.newestOf.clear()
    this.bytes = 0
    this.floor = floor
  }

  push(change: ChangeNumber, inputIndex: number): void {
    const former = this.newestOf.get(inputIndex)
    if (former !== undefined) {
      former.overtaken = true
      this.bytes -= sizeOf(former)
      former.bytes.clear()
    }
    const entry = { change, inputIndex, bytes: new Map<RowEncoder, Uint8Array>(), overtaken: false }
    this.entries.push(entry)
    this.newestOf.set(inputIndex, entry)
    this.trim()
  }

  /** Encoded changes after `after`, oldest first, at most about `maxBytes` of them. */
  read(
    after: ChangeNumber,
    maxBytes: number,
    encoder: RowEncoder,
    encode: (inputIndex: number) => Uint8Array,
  ): { bytes: Array<Uint8Array>; to: ChangeNumber; more: boolean } {
    const bytes: Array<Uint8Array> = []
    let size = 0
    let to = after
    for (let at = this.firstAfter(after); at < this.entries.length; at++) {
      const entry = this.entries[at]!
      if (entry.overtaken) continue
      if (size >= maxBytes) return { bytes, to, more: true }
      let event = entry.bytes.get(encoder)
      if (event === undefined) {
        event = encode(entry.inputIndex)
        entry.bytes.set(encoder, event)
        this.bytes += event.length
      }
      bytes.push(event)
      size += event.length
      to = entry.change
    }
    this.trim()
    return { bytes, to, more: false }
  }

  private firstAfter(change: ChangeNumber): number {
    let low = 0
    let high = this.entries.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.entries[middle]!.change <= change) low = middle + 1
      else high = middle
    }
    return low
  }

  private trim(): void {
    let gone = 0
    // Cut in larger steps, so that the cost of moving the rest is spread over many changes.
    const target = this.entries.length > MAX_ENTRIES * 1.25 ? this.entries.length - MAX_ENTRIES : 0
    while (gone < this.entries.length && (gone < target || this.bytes > MAX_BYTES)) {
      const entry = this.entries[gone]!
      this.bytes -= sizeOf(entry)
      if (this.newestOf.get(entry.inputIndex) === entry) this.newestOf.delete(entry.inputIndex)
      this.floor = entry.change
      gone++
    }
    if (gone > 0) this.entries = this.entries.slice(gone)
  }
}
