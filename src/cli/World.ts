import type { Readable, Writable } from "node:stream"

/** Somewhere to write to, which may be a terminal. */
export type Output = Writable & {
  readonly isTTY?: boolean | undefined
  /** A terminal's width in characters. */
  readonly columns?: number | undefined
}

/** What the command line touches, so that tests give it another. */
export interface World {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdin: Readable & { readonly isTTY?: boolean | undefined; setRawMode?: (on: boolean) => unknown }
  readonly stdout: Output
  readonly stderr: Output
  readonly fetch: typeof globalThis.fetch
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly platform: NodeJS.Platform
  readonly home: string
}
