import { chmod, mkdir, open, realpath, rename, rm, rmdir } from "node:fs/promises"
import { posix, win32 } from "node:path"
import { pause } from "../client/leash.ts"
import { PRODUCT } from "../domain/Product.ts"
import { Refused } from "./Refused.ts"
import type { World } from "./World.ts"

const PRIVATE = 0o600
const PRIVATE_FOLDER = 0o700
/** What somebody other than the owner may do. */
const OTHERS = 0o077

type Place = Pick<World, "env" | "platform" | "home">

/** Where keys are kept: in the usual place of the operating system. */
export const credentialsFile = ({ env, platform, home }: Place): string => {
  const { join, isAbsolute } = platform === "win32" ? win32 : posix
  const [given, usual] =
    platform === "win32"
      ? [env["APPDATA"], join(home, "AppData", "Roaming")]
      : [env["XDG_CONFIG_HOME"], join(home, ".config")]
  // A relative one is to be ignored, says the specification of these folders.
  const folder = given !== undefined && isAbsolute(given) ? given : usual
  return join(folder, PRODUCT, "credentials.json")
}

export interface Kept {
  /** Keys by the origin that they are sent to. */
  readonly keys: ReadonlyMap<string, string>
  /** Something to be said of the file. */
  readonly warning: string | null
}

/** What `login` has kept. A file that others may read is repaired, which is said. Throws `Refused`. */
export const readCredentials = async (place: Place): Promise<Kept> => {
  const path = credentialsFile(place)
  const file = await open(path, "r").catch((error: unknown) => {
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") return null
    throw new Refused(`${path} cannot be read (${codeOf(error)}). Correct that, or set PARALLEL_API_KEY.`)
  })
  if (file === null) return { keys: new Map(), warning: null }
  try {
    const { mode } = await file.stat()
    let warning: string | null = null
    if (place.platform !== "win32" && (mode & OTHERS) !== 0) {
      await file.chmod(PRIVATE).catch(() => {
        throw new Refused(
          `${path} can be read by others, and is not yours to change. Take it away, or set PARALLEL_API_KEY.`,
        )
      })
      warning = `${path} could be read by others, which has been put right. Who else uses this machine may know the keys in it.`
    }
    return { keys: keysOf(await file.readFile("utf8"), path), warning }
  } finally {
    await file.close()
  }
}

const keysOf = (text: string, path: string): ReadonlyMap<string, string> => {
  try {
    const { keys } = JSON.parse(text) as { readonly keys: Readonly<Record<string, unknown>> }
    return new Map(
      Object.entries(keys).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
    )
  } catch {
    // What `JSON.parse` says would quote the file.
    throw new Refused(
      `${path} is not as login writes it. Delete it and use login again, or set PARALLEL_API_KEY.`,
    )
  }
}

type Keys = ReadonlyMap<string, string>

/** Changes what is kept, which another `login` may be about to change as well. */
export const changeCredentials = async (place: Place, change: (keys: Keys) => Keys): Promise<void> => {
  const path = credentialsFile(place)
  const folder = (place.platform === "win32" ? win32 : posix).dirname(path)
  const lock = `${path}.lock`
  try {
    await mkdir(folder, { recursive: true, mode: PRIVATE_FOLDER })
    if (place.platform !== "win32") await chmod(folder, PRIVATE_FOLDER)
    await take(lock)
  } catch (error) {
    throw notWritten(path, error)
  }
  try {
    await write(path, change((await readCredentials(place)).keys))
  } finally {
    await rmdir(lock).catch(() => {})
  }
}

const LOCK_STEP_MS = 50
/** Whoever has it needs a moment: longer than this it was left behind. */
const LOCK_STEPS = 60

/** A folder is made by one alone. */
const take = async (lock: string): Promise<void> => {
  for (let step = 0; step < LOCK_STEPS; step++) {
    try {
      return await mkdir(lock)
    } catch (error) {
      if (codeOf(error) !== "EEXIST") throw error
      await pause(LOCK_STEP_MS, undefined)
    }
  }
}

/** Replaces the file as a whole, at no moment readable by others; without keys there is none. */
const write = async (given: string, keys: Keys): Promise<void> => {
  // Behind a link: else the keys in what it leads to would stay there.
  const path = await realpath(given).catch(() => given)
  const temporary = `${path}.${crypto.randomUUID()}`
  try {
    if (keys.size === 0) return await rm(path, { force: true })
    const file = await open(temporary, "wx", PRIVATE)
    try {
      await file.writeFile(`${JSON.stringify({ keys: Object.fromEntries(keys) }, null, 2)}\n`)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {})
    throw notWritten(path, error)
  }
}

const notWritten = (path: string, error: unknown): Refused =>
  new Refused(
    `${path} cannot be written (${codeOf(error)}). Nothing was changed; PARALLEL_API_KEY works without it.`,
  )

const codeOf = (error: unknown): string =>
  typeof error === "object" && error !== null && "code" in error ? String(error.code) : "unknown"
