import { randomBytes } from "node:crypto"
import { constants } from "node:fs"
import { access, type FileHandle, open, realpath, rename, rm, stat } from "node:fs/promises"
import { dirname } from "node:path"
import { isNativeError } from "node:util/types"
import { Refused } from "../Refused.ts"
import { terminalText } from "../terminalText.ts"

/** Throws a `Refused` unless a file can be written there. One that is there is replaced later, as `cp` does. */
export const checkOutputFile = async (file: string): Promise<void> => {
  const there = await statOf(file)
  if (there?.isDirectory() === true) throw refused(file, "is a folder. Name a file in it.")
  if (there?.isFile() === false) throw refused(file, "is no file that can be replaced. Choose another name.")
  const folder = dirname(await targetOf(file))
  if ((await statOf(folder))?.isDirectory() !== true)
    throw refused(file, "is in a folder that does not exist. Make the folder first.")
  try {
    await access(folder, constants.W_OK | constants.X_OK)
    if (there !== null) await access(file, constants.W_OK)
  } catch {
    throw refused(file, "may not be written by you. Choose another name, or change the permissions.")
  }
}

/** A file that is written beside its place, and takes it as a whole. */
export interface OutputFile {
  readonly write: (text: string) => Promise<void>
  /** It is whole: it takes its place. */
  readonly finish: () => Promise<void>
  /** It is not: nothing is left of it. */
  readonly discard: () => Promise<void>
}

export const openOutputFile = async (file: string): Promise<OutputFile> => {
  await checkOutputFile(file)
  const target = await targetOf(file)
  const part = `${target}.${randomBytes(4).toString("hex")}.part`
  const handle = await open(part, "wx").catch((error: unknown) => {
    throw refused(file, `cannot be written${codeIn(error)}.`)
  })
  const discard = async () => {
    await handle.close().catch(() => {})
    await rm(part, { force: true })
  }
  return {
    write: async (text) => {
      try {
        await handle.appendFile(text)
      } catch (error) {
        throw refused(file, `cannot be written${codeIn(error)}. The results are kept by the task group.`)
      }
    },
    finish: () => replace(handle, part, target, file),
    discard,
  }
}

const replace = async (handle: FileHandle, part: string, target: string, file: string): Promise<void> => {
  const before = await statOf(target)
  // A file that is replaced keeps who may read it.
  if (before !== null) await handle.chmod(before.mode & 0o777).catch(() => {})
  await handle.close()
  try {
    await rename(part, target)
  } catch (error) {
    throw refused(
      file,
      `could not be replaced${codeIn(error)}: another program may have it open. The results are in ${part}.`,
    )
  }
}

/** Behind links: what is replaced is what they lead to. */
const targetOf = (file: string): Promise<string> => realpath(file).catch(() => file)

const statOf = (file: string) => stat(file).catch(() => null)

const codeIn = (error: unknown): string =>
  isNativeError(error) && "code" in error && typeof error.code === "string" ? ` (${error.code})` : ""

const refused = (file: string, what: string): Refused => new Refused(`${terminalText(file)} ${what}`)
