import { fitColumns, inputColumnsWarning } from "../../domain/Columns.ts"
import { fieldsOf, objectText } from "../../domain/JsonText.ts"
import type { JsonText } from "../../domain/TaskGroup.ts"
import { addWarning } from "./group.ts"
import type { GroupTables } from "./GroupTables.ts"
import { PIECES } from "./keys.ts"
import { showResults } from "./resultsView.ts"

/** Acts whose rows may come in at the same time. */
const MAX_NAMES = 100

/** What has come for an act: rows by the place of each piece's first. */
interface Incoming {
  readonly counts: Readonly<Record<string, number>>
  readonly until: number
}

/**
 * Rows that are to be added, in key-value storage: out of everybody's sight until their act takes them in, all at once.
 */
export const makePieces = (tables: GroupTables) => {
  const { kept, storage } = tables
  const incoming = () => kept.get<Readonly<Record<string, Incoming>>>(PIECES) ?? {}
  const keyOf = (name: string, at: number | string) => `${PIECES}:${name}:${at}`
  const write = (next: Readonly<Record<string, Incoming>>) =>
    Object.keys(next).length > 0 ? kept.put(PIECES, next) : kept.delete(PIECES)
  const drop = (name: string) => {
    const { [name]: gone, ...rest } = incoming()
    for (const at of Object.keys(gone?.counts ?? {})) storage.kv.delete(keyOf(name, at))
    write(rest)
  }
  /** The places at which the pieces of so many rows begin; null when some are missing. */
  const placesOf = (name: string, count: number): ReadonlyArray<number> | null => {
    const { counts = {} } = incoming()[name] ?? {}
    const places: Array<number> = []
    let next = 0
    while (next < count) {
      const rows = counts[next] ?? 0
      if (rows === 0) return null
      places.push(next)
      next += rows
    }
    return next === count ? places : null
  }
  return {
    keepPiece: (name: string, at: number, inputs: ReadonlyArray<JsonText>, until: number) =>
      tables.write<"stored" | "gone">("gone", () => {
        const state = tables.details?.state
        const all = incoming()
        const isNew = all[name] === undefined
        if (state !== "active" && state !== "ended") return "gone"
        if (isNew && Object.keys(all).length >= MAX_NAMES) return "gone"
        storage.kv.put(keyOf(name, at), inputs)
        write({ ...all, [name]: { counts: { ...all[name]?.counts, [at]: inputs.length }, until } })
        return "stored"
      }),

    piecesUntil: () => {
      const times = Object.values(incoming()).map(({ until }) => until)
      return times.length === 0 ? null : Math.min(...times)
    },

    dropPieces: (now: number) =>
      tables.write(undefined, () => {
        for (const [name, { until }] of Object.entries(incoming())) if (until <= now) drop(name)
      }),

    hasPieces: (name: string, count: number) => placesOf(name, count) !== null,

    addRows: (
      name: string,
      { count, inputColumns }: { readonly count: number; readonly inputColumns: ReadonlyArray<string> },
      now: number,
    ) =>
      tables.write({ firstIndex: 0, lengths: [] as ReadonlyArray<number> }, () => {
        const firstIndex = tables.group.numInputs
        const lengths: Array<number> = []
        for (const at of placesOf(name, count) ?? []) {
          const rows = storage.kv.get<ReadonlyArray<JsonText>>(keyOf(name, at)) ?? []
          tables.insert(
            rows.map((input, place) => ({ inputIndex: firstIndex + at + place, input })),
            now,
          )
          for (const row of rows) lengths.push(row.length)
        }
        drop(name)
        grow(tables, count, inputColumns)
        return { firstIndex, lengths }
      }),
  }
}

/** The group has more rows, and columns perhaps. */
const grow = (tables: GroupTables, count: number, inputColumns: ReadonlyArray<string>): void => {
  const { group } = tables
  const known = new Set(group.inputColumns)
  const { taken, left } = fitColumns(
    known,
    inputColumns.filter((name) => !known.has(name)),
  )
  const numInputs = group.numInputs + count
  const metadata = new Map(fieldsOf(group.metadata))
  if (metadata.has("num_inputs")) metadata.set("num_inputs", String(numInputs))
  tables.updateDetails({
    numInputs,
    inputColumns: [...group.inputColumns, ...taken],
    metadata: objectText(Array.from(metadata, ([name, value]) => ({ key: JSON.stringify(name), value }))),
  })
  if (left.length > 0) addWarning(tables, inputColumnsWarning(left.length))
  if (taken.length > 0) showResults(tables.storage, tables.group)
}
