import { renameSync, rmSync } from "node:fs"

/** As often as others can get in between, and not for ever. */
const ATTEMPTS = 100

const codeOf = (error: unknown): unknown =>
  error instanceof Error && "code" in error ? error.code : undefined

/**
 * Puts `folder` where `place` is, which is missing for no longer than it takes to rename: others may be reading it, or
 * doing the same at the same time. The last one stays.
 */
export const replaceFolder = (folder: string, place: string): void => {
  const former = `${folder}-former`
  for (let left = ATTEMPTS; ; left -= 1) {
    try {
      renameSync(place, former)
    } catch (error) {
      if (codeOf(error) !== "ENOENT") throw error
    }
    rmSync(former, { recursive: true, force: true })
    try {
      return renameSync(folder, place)
    } catch (error) {
      // Somebody else's has come in between.
      if (left === 0 || !["ENOTEMPTY", "EEXIST", "EPERM"].includes(String(codeOf(error)))) throw error
    }
  }
}
