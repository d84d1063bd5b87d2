import type { Behaviour } from "../behaviour/document.ts"
import type { TaskGroup } from "../ledger/types.ts"
import { hex128 } from "./random.ts"

/** What a cursor names: the place of an event in a group's log, or of a run in its listing. */
export type CursorKind = "event" | "run"

type Mode = Behaviour["cursors"]["event_ids"]

const PREFIX = { event: "e", run: "r" } as const

/**
 * Event ids in the style the behaviour asks for (U2). Opaque ones are hashes, so a client that orders or computes with
 * them fails; the way back is a table that grows with the group.
 */
export class Cursors {
  readonly #seed: () => string
  readonly #tables = new Map<string, { known: number; places: Map<string, number> }>()
  constructor(seed: () => string) {
    this.#seed = seed
  }

  id(group: string, kind: CursorKind, place: number, mode: Mode): string {
    if (mode === "numeric") return String(place + 1)
    if (mode === "duplicate") return String(Math.floor(place / 2) + 1)
    return PREFIX[kind] + hex128(this.#seed(), group, kind, place).slice(0, 13)
  }

  /** The place an id names, among the first `length`; undefined: no such id. */
  place(group: string, kind: CursorKind, id: string, length: number, mode: Mode): number | undefined {
    if (mode !== "opaque") {
      const number = Number(id)
      if (!Number.isInteger(number) || number < 1) return undefined
      const place = mode === "numeric" ? number - 1 : Math.min(2 * number - 1, length - 1)
      return place < length ? place : undefined
    }
    const table = this.#table(group, kind)
    for (; table.known < length; table.known++) {
      table.places.set(this.id(group, kind, table.known, mode), table.known)
    }
    const place = table.places.get(id)
    return place !== undefined && place < length ? place : undefined
  }

  #table(group: string, kind: CursorKind) {
    const key = `${kind}:${group}`
    let table = this.#tables.get(key)
    if (table === undefined) {
      table = { known: 0, places: new Map() }
      this.#tables.set(key, table)
    }
    return table
  }
}

const permutations = new WeakMap<object, ReadonlyArray<number>>()

const randomOrder = (
  group: TaskGroup,
  batch: { start: number; size: number },
  seed: string,
): ReadonlyArray<number> => {
  let order = permutations.get(batch)
  if (order === undefined) {
    order = Array.from({ length: batch.size }, (_, i) => i)
      .map((i) => ({ i, key: hex128(seed, group.id, "order", batch.start + i) }))
      .sort((a, b) => (a.key < b.key ? -1 : 1))
      .map((entry) => entry.i)
    permutations.set(batch, order)
  }
  return order
}

/**
 * Which run stands at a place of the listing (U14). The order is shuffled within each POST's runs only, so places stay
 * what they are while runs are added and a batch's cursor still names exactly its runs.
 */
export const createOrder = (
  group: TaskGroup,
  order: Behaviour["listing"]["order"],
  seed: string,
): ((place: number) => number) => {
  if (order === "input") return (place) => place
  let index = 0
  return (place) => {
    while (index > 0 && group.batches[index]!.start > place) index--
    while (index + 1 < group.batches.length && group.batches[index + 1]!.start <= place) index++
    const batch = group.batches[index]!
    const offset = place - batch.start
    const shuffled = order === "reverse" ? batch.size - 1 - offset : randomOrder(group, batch, seed)[offset]!
    return batch.start + shuffled
  }
}
