import type { ActOf, ActOutcome } from "../../src/domain/Act.ts"
import { keyOf, type World } from "./world.ts"

/** What comes back is awaited in the world's own time. */
export const inTime = async <A>(of: World, promise: Promise<A>, ms = 120_000): Promise<A> => {
  let settled: { readonly value: A } | { readonly error: unknown } | null = null
  promise.then(
    (value) => (settled = { value }),
    (error: unknown) => (settled = { error }),
  )
  await of.clock.advanceUntil(() => settled !== null, ms)
  const result = settled as unknown as { readonly value: A } | { readonly error: unknown }
  if ("error" in result) throw result.error
  return result.value
}

export interface ActWish {
  readonly key?: string
  /** Name of the idempotency record. */
  readonly record?: string
}

/** An act on the world's group, as the Worker in front sends it. */
export const act = (of: World, what: ActOf, { key, record }: ActWish = {}): Promise<ActOutcome> =>
  inTime(
    of,
    of.host.call((object) =>
      object.act({
        ...what,
        key: key ?? of.wish.key ?? keyOf(of.weather),
        record: record === undefined ? null : { name: record, bodyHash: JSON.stringify(what) },
      }),
    ),
  )

/** The act's answer; throws where it was not accepted. */
export const acted = async (of: World, what: ActOf, wish: ActWish = {}): Promise<Record<string, any>> => {
  const outcome = await act(of, what, wish)
  if (outcome._tag !== "Done") throw new Error(`the act was answered ${JSON.stringify(outcome)}`)
  return JSON.parse(outcome.answer) as Record<string, any>
}

/** Rows that are to be added, in pieces of two. */
export const sendPieces = async (of: World, name: string, rows: ReadonlyArray<object>): Promise<ActOf> => {
  const texts = rows.map((row) => JSON.stringify(row))
  for (let at = 0; at < texts.length; at += 2)
    await inTime(
      of,
      of.host.call((object) => object.addPiece(name, at, texts.slice(at, at + 2))),
    )
  return {
    _tag: "inputs",
    pieces: name,
    numInputs: rows.length,
    inputColumns: [...new Set(rows.flatMap((row) => Object.keys(row)))],
    warnings: [],
  }
}

export const RETRY: ActOf = { _tag: "retry", rows: null, processor: null, maxCostUsd: null, dryRun: false }
