import { createReadStream } from "node:fs"
import { stat } from "node:fs/promises"
import { isNativeError } from "node:util/types"
import { Refused } from "../Refused.ts"
import { terminalText } from "../terminalText.ts"
import type { World } from "../World.ts"

/** More than any deployment takes in one request, several times over. */
const MAX_BYTES = 64 * 1024 * 1024

/** Instead of a file's name: what comes in by itself. */
const STDIN = "-"

/** What messages call it. */
export const inputName = (file: string): string => (file === STDIN ? "standard input" : terminalText(file))

/** All bytes of a file, or of standard input for `-`. */
export const readBytes = async (file: string, { stdin }: Pick<World, "stdin">): Promise<Uint8Array> => {
  const name = inputName(file)
  try {
    if (file === STDIN) return await collect(stdin, name)
    const { size } = await stat(file)
    if (size > MAX_BYTES) throw tooLarge(name)
    return await collect(createReadStream(file), name)
  } catch (error) {
    throw error instanceof Refused ? error : new Refused(`${name} ${whyNot(error)}`)
  }
}

const collect = async (source: AsyncIterable<unknown>, name: string): Promise<Uint8Array> => {
  const chunks: Array<Uint8Array> = []
  let size = 0
  for await (const chunk of source) {
    const bytes = typeof chunk === "string" ? Buffer.from(chunk) : (chunk as Uint8Array)
    size += bytes.byteLength
    if (size > MAX_BYTES) throw tooLarge(name)
    chunks.push(bytes)
  }
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)
}

const tooLarge = (name: string): Refused =>
  new Refused(`${name} has more than 64 MiB. Split it into several files: one task group takes far less.`)

/** What the system says, as the rest of a sentence about the file. */
const whyNot = (error: unknown): string => {
  const code = isNativeError(error) && "code" in error ? error.code : undefined
  switch (code) {
    case "ENOENT":
    case "ENOTDIR":
      return "does not exist. Check the name, and the folder that you are in."
    case "EISDIR":
      return "is a folder. Name a file in it."
    case "EACCES":
    case "EPERM":
      return "may not be read by you. Change its permissions, or copy it."
    default:
      return `cannot be read${typeof code === "string" ? ` (${code})` : ""}.`
  }
}
