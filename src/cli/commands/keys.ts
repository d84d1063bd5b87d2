import { changeCredentials, credentialsFile, readCredentials } from "../credentials.ts"
import { askKey, checkKey, checkWay } from "../key.ts"
import { hostOf } from "../place.ts"
import { mayAsk } from "../prompt.ts"
import { Refused } from "../Refused.ts"
import { say, type Session } from "../Session.ts"

/** `login`. */
export const login = async (session: Session): Promise<number> => {
  const { world, interruption } = session
  interruption.meaning = "No key was kept."
  const host = hostOf(session)
  checkWay(host)
  // What is wrong with the file is better said before the key is asked for.
  const { warning } = await readCredentials(world)
  if (warning !== null) await say(session, `Warning: ${warning}`)
  const key = await givenKey(session, host)
  const { origin } = new URL(host)
  await changeCredentials(world, (keys) => new Map([...keys, [origin, key]]))
  await say(session, `The key for ${origin} is kept in ${credentialsFile(world)}. It was not tried.`)
  if ((world.env["PARALLEL_API_KEY"] ?? "") !== "")
    await say(session, "PARALLEL_API_KEY is set, and wins over it while it is.")
  return 0
}

const givenKey = async (session: Session, host: string): Promise<string> => {
  const { world, interruption } = session
  if (mayAsk(world)) return askKey(session, host)
  if (world.stdin.isTTY === true)
    throw new Refused("The key cannot be asked for while stderr is no terminal. Send it to stdin instead.")
  const key = (await interruption.race(readAll(world.stdin))).trim()
  if (key === "") throw new Refused("stdin was empty: send the key to it. Nothing was kept.")
  return checkKey(session, key, "What came from stdin")
}

/** Longer than any key, so that a file that was sent by mistake ends soon. */
const MAX_CHARACTERS = 10_000

const readAll = async (stdin: Session["world"]["stdin"]): Promise<string> => {
  let text = ""
  const decoder = new TextDecoder()
  for await (const piece of stdin) {
    text += typeof piece === "string" ? piece : decoder.decode(piece as Uint8Array, { stream: true })
    if (text.length > MAX_CHARACTERS) break
  }
  return text
}

/** `logout`. */
export const logout = async (session: Session): Promise<number> => {
  const { world } = session
  const { origin } = new URL(hostOf(session))
  const { keys } = await readCredentials(world)
  if (!keys.has(origin)) {
    await say(session, `No key is kept for ${origin}.`)
    return 0
  }
  await changeCredentials(world, (kept) => new Map([...kept].filter(([host]) => host !== origin)))
  await say(
    session,
    `The key for ${origin} is gone from ${credentialsFile(world)}. At Parallel it stays valid.`,
  )
  return 0
}
