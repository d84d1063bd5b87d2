import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Piece } from "../domain/Formats.ts"
import { giveBack } from "../domain/giveBack.ts"
import type { StoredTable } from "../domain/ResultQuery.ts"
import { Renderer, type RendererOf, type RenderOptions } from "../services/Renderer.ts"
import { type Choice, GroupReader } from "../services/GroupReader.ts"
import { RunStore } from "../services/RunStore.ts"

/** One chunk of an answer: each costs time on its way, and must be in memory as a whole. */
const CHUNK_BYTES = 160 * 1024
/** Text becomes bytes before it is as long: as text, it would be carried along by the garbage collector. */
const TEXT_CHARS = 32 * 1024
/** The first ones are smaller, so that whoever asks sees at once that there is an answer. */
const FIRST_CHUNK_BYTES = 1024

const encoder = new TextEncoder()

/**
 * The group in one of its formats, or the rows of it that were chosen, as it is when the stream is opened: a page of rows is in memory at a time, and it is
 * read when the next chunk is asked for. Whoever is given a chunk may do with its memory what it likes. Dies when the
 * group is removed while it is read: better a broken answer than one that looks whole.
 */
export const renderTaskGroup = <const Format extends string>(
  format: Format,
  options: RenderOptions = {},
  choice?: Choice,
): Stream.Stream<Uint8Array, never, RendererOf<Format> | GroupReader> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const renderer = yield* Renderer(format)
      const store = yield* GroupReader
      const snapshot = yield* Effect.acquireRelease(
        Effect.sync(() => store.snapshot(choice)),
        (open) => Effect.sync(() => open.close()),
      )
      return Stream.fromIteratorSucceed(chunks(renderer.render(snapshot, options)), 1)
    }),
  )

/**
 * A table of the group as SQL reads it, line by line. Rows may be newer than the beginning of the answer, never older; it
 * dies as the other does.
 */
export const renderStored = (table: StoredTable): Stream.Stream<Uint8Array, never, GroupReader | RunStore> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const store = yield* GroupReader
      // The tables say what we know, as when SQL asks them.
      ;(yield* RunStore).flush()
      const stored = yield* Effect.acquireRelease(
        Effect.sync(() => store.stored(table)),
        (open) => Effect.sync(() => open.close()),
      )
      return Stream.fromIteratorSucceed(chunks(stored.lines()), 1)
    }),
  )

function* chunks(pieces: Iterable<Piece>): Generator<Uint8Array> {
  let parts: Array<Uint8Array> = []
  let size = 0
  let enough = FIRST_CHUNK_BYTES
  for (const part of encoded(pieces)) {
    parts.push(part)
    size += part.length
    if (size < enough) continue
    yield joined(parts, size)
    parts = []
    size = 0
    enough = Math.min(enough * 8, CHUNK_BYTES)
  }
  if (size > 0) yield joined(parts, size)
}

function* encoded(pieces: Iterable<Piece>): Generator<Uint8Array> {
  let text = ""
  let enough = FIRST_CHUNK_BYTES
  for (const piece of pieces) {
    const isText = typeof piece === "string"
    if (isText) text += piece
    if (text !== "" && (!isText || text.length >= enough)) {
      yield encoder.encode(text)
      text = ""
      enough = Math.min(enough * 8, TEXT_CHARS)
    }
    if (!isText) yield piece
  }
  if (text !== "") yield encoder.encode(text)
}

/** These as one; they are given back. */
const joined = (parts: ReadonlyArray<Uint8Array>, size: number): Uint8Array => {
  if (parts.length === 1) return parts[0]!
  const whole = new Uint8Array(size)
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
    giveBack(part)
  }
  return whole
}
