import * as Context from "effect/Context"
import type { Piece } from "../domain/Formats.ts"
import type { Basis } from "../domain/ResultQuery.ts"
import type { Snapshot } from "./GroupReader.ts"

/** What a request may ask of a format; one that has no use for a part ignores it. */
export interface RenderOptions {
  /** How much of the basis is told; absent: what the format tells by itself (all in json and sse, none elsewhere). */
  readonly basis?: Basis
  /** False: a CSV without a byte order mark. */
  readonly bom?: boolean
}

export type { Basis }

interface Rendering {
  /** The group at that moment, piece by piece: a row is read when the piece it is in is asked for. */
  readonly render: (snapshot: Snapshot, options: RenderOptions) => Iterable<Piece>
}

declare const OF: unique symbol

/** The renderer of one format, a service of its own: a program's type names the formats that it writes. */
export interface Renderer<Format extends string> {
  readonly [OF]: Format
}

/** One renderer for each of these formats. */
export type RendererOf<Format extends string> = Format extends string ? Renderer<Format> : never

/** The service that writes this format. What is provided under these keys is the registry; there is no other. */
export const Renderer = <const Format extends string>(
  format: Format,
): Context.Service<RendererOf<Format>, Rendering> => Context.Service(`multitask/services/Renderer/${format}`)
