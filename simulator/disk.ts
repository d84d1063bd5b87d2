import {
  closeSync,
  existsSync,
  ftruncateSync,
  fstatSync,
  mkdirSync,
  openSync,
  readSync,
  writeSync,
} from "node:fs"
import { join } from "node:path"
import type { Journal, LedgerRecord } from "./ledger/types.ts"

const CHUNK = 1 << 20
const NEWLINE = 10

/** The whole lines of a file, with the offset behind each; an unfinished last line is left out. */
function* linesOf(fd: number): Generator<{ text: string; end: number }> {
  const chunk = Buffer.alloc(CHUNK)
  let rest: Buffer[] = []
  let position = 0
  for (;;) {
    const size = readSync(fd, chunk, 0, CHUNK, position)
    if (size === 0) return
    let from = 0
    for (let to = chunk.indexOf(NEWLINE); to !== -1 && to < size; to = chunk.indexOf(NEWLINE, from)) {
      const text = Buffer.concat([...rest, chunk.subarray(from, to)]).toString("utf8")
      rest = []
      from = to + 1
      yield { text, end: position + from }
    }
    rest.push(Buffer.from(chunk.subarray(from, size)))
    position += size
  }
}

const asText = (value: unknown): string | null =>
  value === null || value === undefined ? null : JSON.stringify(value)

/** Ledgers of earlier versions hold values where there is text now, and know accounts of one key only. */
const upToDate = (record: Record<string, unknown>): object => {
  const { t, spec, metadata, runs, account } = record
  if (t === "key") return { key: account, ...record }
  if (t === "spec" && spec !== undefined) return { ...record, text: asText(spec) }
  if (t === "group") {
    const text = metadata === undefined ? {} : { metadataText: asText(metadata) }
    return { key: account, ...record, ...text }
  }
  if (t !== "runs" || !Array.isArray(runs)) return record
  const older = { metadataText: null, outputContent: "made", outputText: null }
  return {
    ...record,
    runs: runs.map((run: Record<string, unknown>) =>
      run["inputText"] === undefined
        ? { ...older, ...run, inputText: asText(run["input"]), extraText: asText(run["extra"]) }
        : run,
    ),
  }
}

const parsed = (text: string): LedgerRecord | undefined => {
  try {
    return upToDate(JSON.parse(text) as Record<string, unknown>) as LedgerRecord
  } catch {
    return undefined
  }
}

/** Reads what is whole and cuts off what a killed process left half written. */
const readPast = (fd: number): LedgerRecord[] => {
  const past: LedgerRecord[] = []
  let good = 0
  for (const { text, end } of linesOf(fd)) {
    const record = parsed(text)
    if (record === undefined) break
    past.push(record)
    good = end
  }
  if (fstatSync(fd).size > good) ftruncateSync(fd, good)
  return past
}

const writeAll = (fd: number, bytes: Buffer): void => {
  for (let written = 0; written < bytes.length;) written += writeSync(fd, bytes, written)
}

/** A ledger in a folder: one line per change, written before its answer is sent, so that a kill loses nothing told. */
export const openJournal = (folder: string): { readonly journal: Journal; readonly past: LedgerRecord[] } => {
  mkdirSync(folder, { recursive: true })
  const file = join(folder, "ledger.jsonl")
  if (!existsSync(file)) closeSync(openSync(file, "w", 0o600))
  const reader = openSync(file, "r+")
  const past = readPast(reader)
  closeSync(reader)
  const fd = openSync(file, "a")
  let open = true
  return {
    past,
    journal: {
      append: (record) => {
        if (open) writeAll(fd, Buffer.from(`${JSON.stringify(record)}\n`))
      },
      close: () => {
        if (open) closeSync(fd)
        open = false
      },
    },
  }
}
