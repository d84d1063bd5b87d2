import { PassThrough, Writable } from "node:stream"
import type { Output } from "../../../src/cli/World.ts"

/** Keeps what is written to it. */
export class Kept extends Writable {
  text = ""
  readonly isTTY: boolean
  columns: number | undefined

  constructor(columns?: number) {
    super({ decodeStrings: false })
    this.isTTY = columns !== undefined
    this.columns = columns
  }

  override _write(chunk: string, _: string, done: () => void): void {
    this.text += chunk
    done()
  }
}

export const stdinOf = (...chunks: ReadonlyArray<string | Uint8Array>): PassThrough => {
  const stream = new PassThrough()
  for (const chunk of chunks) stream.write(chunk)
  stream.end()
  return stream
}

/** A terminal of this width, or with none a file. */
export const outputOf = (columns?: number): Output & Kept => new Kept(columns)
