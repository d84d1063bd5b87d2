import { MAX_SECRET_CHARS } from "../domain/redact.ts"
import { readCredentials } from "./credentials.ts"
import { isLoopback } from "./place.ts"
import { askSecret } from "./prompt.ts"
import { Refused } from "./Refused.ts"
import { say, type Session } from "./Session.ts"

/** The key that is known without asking: the environment's, else what `login` kept for this host. */
export const knownKey = async (session: Session, host: string): Promise<string | null> => {
  const { world } = session
  checkWay(host)
  const variable = world.env["PARALLEL_API_KEY"]?.trim() ?? ""
  if (variable !== "") return checkKey(session, variable, "What PARALLEL_API_KEY holds")
  const { keys, warning } = await readCredentials(world)
  if (warning !== null) await say(session, `Warning: ${warning}`)
  const kept = keys.get(new URL(host).origin)
  return kept === undefined ? null : checkKey(session, kept, "What login has kept for this host")
}

export const askKey = async (session: Session, host: string): Promise<string> => {
  const typed = await askSecret(
    session.world,
    session.interruption,
    `Parallel API key for ${host} (it is not shown):`,
  )
  if (typed === null || typed === "") throw new Refused("No key was given. Nothing was sent.")
  return checkKey(session, typed, "What was typed")
}

/** A key as it can be sent. What is wrong with one is said without repeating it. */
export const checkKey = (session: Session, key: string, what: string): string => {
  session.secrets.add(key)
  if (/^[\x21-\x7e]+$/.test(key) && key.length <= MAX_SECRET_CHARS) return key
  throw new Refused(
    `${what} cannot be a Parallel API key: a key is visible ASCII without blanks. Copy it again. It was sent nowhere.`,
  )
}

/** A key is never sent where everybody on the way can read it: whoever has it spends its owner's money. */
export const checkWay = (host: string): void => {
  const url = new URL(host)
  if (url.protocol === "https:" || isLoopback(url)) return
  throw new Refused(
    `A key would go to ${host} unencrypted, for anybody on the way to read. Use https, or a tunnel to this machine's own loopback address.`,
  )
}
