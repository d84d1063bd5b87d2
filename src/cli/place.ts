import { groupIdOf } from "../client/address.ts"
import type { Session } from "./Session.ts"
import { line } from "./text.ts"
import { WrongUsage } from "./WrongUsage.ts"

const NO_HOST = "Nothing says which deployment is meant. Set MULTITASK_URL, or add --host URL."

/** The deployment that the command is for: an origin, with a path where it stands under one. */
export const hostOf = (session: Session): string => {
  const host = givenHost(session)
  if (host === null) throw new WrongUsage(NO_HOST, session.command)
  return host
}

const givenHost = ({ options, world, command }: Session): string | null => {
  const { host } = options
  if (host !== null) return checkHost(host, "--host", command)
  const variable = world.env["MULTITASK_URL"]?.trim() ?? ""
  return variable === "" ? null : checkHost(variable, "MULTITASK_URL", command)
}

const checkHost = (text: string, from: string, command: string): string => {
  const refuse = (why: string) => new WrongUsage(`${from} ${why}`, command)
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || (url.protocol !== "https:" && url.protocol !== "http:")) {
    const scheme = /^(?:localhost|127\.|\[::1\])/.test(text) ? "http" : "https"
    throw refuse(
      `must be a URL such as ${scheme}://${line(text.replace(/^[a-z]+:\/\//i, ""))}, not ${line(text)}.`,
    )
  }
  if (url.username !== "" || url.password !== "") throw refuse("must not have a user name or password in it.")
  if (url.search !== "" || url.hash !== "") throw refuse("must end before any ? or #.")
  return url.origin + url.pathname.replace(/\/+$/, "")
}

/** A group, and the deployment that is asked for it. */
export interface GroupPlace {
  readonly host: string
  readonly id: string
  readonly url: string
  /** What is to be said of a URL that is not this host's: only its id is taken. */
  readonly note: string | null
}

/** GROUP: an id, or a URL in any format. Without a host, `fromUrl` takes that of the URL. */
export const groupPlace = (session: Session, { fromUrl }: { readonly fromUrl: boolean }): GroupPlace => {
  const text = session.positionals[0]!
  const url = /^https?:\/\//i.test(text) && URL.canParse(text) ? new URL(text) : null
  const given = givenHost(session)
  if (given === null && (!fromUrl || url === null))
    throw new WrongUsage(
      fromUrl ? `${NO_HOST} With the group's URL instead of its id neither is needed.` : NO_HOST,
      session.command,
    )
  const host = given ?? url!.origin
  const id = idIn(text, { host, command: session.command })
  const isForeign = url !== null && url.origin !== new URL(host).origin
  const note = isForeign ? `Of ${line(text)} only the id is used: ${host} is asked.` : null
  return { host, id, url: `${host}/${id}`, note }
}

/** As the client reads it. */
const idIn = (
  text: string,
  { host, command }: { readonly host: string; readonly command: string },
): string => {
  try {
    return groupIdOf(text, host)
  } catch {
    throw new WrongUsage(`${line(text)} is no id of a group, nor the URL of one.`, command)
  }
}

/** Whether a URL's traffic stays on this machine. */
export const isLoopback = ({ hostname }: URL): boolean =>
  hostname === "localhost" ||
  hostname.endsWith(".localhost") ||
  hostname === "[::1]" ||
  /^127(?:\.\d+){3}$/.test(hostname)
