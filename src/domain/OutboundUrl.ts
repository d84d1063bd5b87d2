export interface OutboundUrlOptions {
  /** For development only: plain http, loopback and private networks are fine then. */
  readonly allowPrivate: boolean
  /** What a relative one is relative to. */
  readonly base?: URL
}

/**
 * Decides whether the Worker may call a URL that somebody sent (`inputs`, `webhook_url`, a redirect). The answer is the
 * parsed URL, or the reason why not, as the end of a sentence. The reason never repeats the URL: it may be presigned.
 *
 * It is to be requested by its `href`: that is what was sent, to the byte, but for percent-encoding where HTTP asks for
 * it, and for dot segments, which every client resolves.
 *
 * A name that resolves to a private address is not caught here; that needs DNS, and on Cloudflare such a call ends at
 * the edge, which has no route to private networks.
 */
export const checkOutboundUrl = (input: URL | string, options: OutboundUrlOptions): URL | string => {
  const changed = typeof input === "string" ? refuseCharacter(input) : null
  if (changed !== null) return changed
  const url =
    typeof input !== "string"
      ? input
      : URL.canParse(input, options.base)
        ? new URL(input, options.base)
        : null
  if (url === null) return "is not a valid URL. Send an absolute URL such as https://example.com/path."
  const plainAllowed = options.allowPrivate && url.protocol === "http:"
  if (url.protocol !== "https:" && !plainAllowed)
    return options.allowPrivate ? "must begin with https:// or http://." : "must begin with https://."
  if (url.username !== "" || url.password !== "")
    return "must not contain a user name or password. Put a token in the path or query instead."
  const refused = options.allowPrivate ? null : refuseHost(url.hostname)
  return refused ?? url
}

/** Characters that a URL parser would drop or replace, so that another URL were asked than the one that was sent. */
const refuseCharacter = (text: string): string | null => {
  const sent = text.split("#", 1)[0]!.trim()
  if (sent.split("?", 1)[0]!.includes("\\"))
    return "must not contain a backslash, which would be read as a slash. Write / instead, or %5C where it is meant."
  const control = /\p{Cc}/u.exec(sent)?.[0]
  if (control !== undefined) {
    const code = control.charCodeAt(0)
    const encoded = [...new TextEncoder().encode(control)].map((byte) => `%${hex(byte, 2)}`).join("")
    return `must not contain the control character U+${hex(code, 4)}. Remove it, or write ${encoded} where it is meant.`
  }
  if (!sent.isWellFormed())
    return "must not contain half a character, a surrogate without its partner. Correct or remove it."
  return null
}

const hex = (code: number, digits: number): string => code.toString(16).toUpperCase().padStart(digits, "0")

const PUBLIC_ONLY = "Use a host that is reachable from the public internet."

/** Names that mean "this machine" or "this network" (RFC 6761, 6762, 8375, ICANN's `internal`). */
const LOCAL_SUFFIXES: ReadonlyArray<string> = ["localhost", "localdomain", "local", "internal", "home.arpa"]

/** `host` is a `URL.hostname`: lower case, and an IPv4 address in dotted decimal however it was written. */
const refuseHost = (host: string): string | null => {
  if (host.startsWith("[")) return refuseAddress(isPublicIpv6(parseIpv6(host.slice(1, -1))))
  const ipv4 = parseIpv4(host)
  if (ipv4 !== null) return refuseAddress(isPublicIpv4(ipv4))
  if (host.endsWith(".")) return "must not have a host name that ends with a dot. Remove the dot."
  const labels = host.split(".")
  if (labels.includes("")) return "has an empty part in its host name. Check for two dots in a row."
  if (LOCAL_SUFFIXES.some((suffix) => host === suffix || host.endsWith(`.${suffix}`)))
    return `points to a local name. ${PUBLIC_ONLY}`
  if (labels.length === 1) return `has a host name without a domain. ${PUBLIC_ONLY}`
  return null
}

const refuseAddress = (isPublic: boolean): string | null =>
  isPublic ? null : `points to a private, local or reserved address. ${PUBLIC_ONLY}`

const parseIpv4 = (host: string): number | null => {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(host)
  if (match === null) return null
  return match.slice(1).reduce((address, byte) => address * 256 + Number(byte), 0)
}

const ipv4 = (a: number, b: number, c: number, d: number): number => ((a * 256 + b) * 256 + c) * 256 + d

/** IANA's special-purpose IPv4 ranges that are not globally reachable, as first address and prefix length. */
const reservedIpv4 = (): ReadonlyArray<readonly [first: number, prefix: number]> => [
  [ipv4(0, 0, 0, 0), 8], // this network, unspecified
  [ipv4(10, 0, 0, 0), 8], // private
  [ipv4(100, 64, 0, 0), 10], // carrier-grade NAT
  [ipv4(127, 0, 0, 0), 8], // loopback
  [ipv4(169, 254, 0, 0), 16], // link-local, cloud metadata
  [ipv4(172, 16, 0, 0), 12], // private
  [ipv4(192, 0, 0, 0), 24], // protocol assignments
  [ipv4(192, 0, 2, 0), 24], // documentation
  [ipv4(192, 88, 99, 0), 24], // 6to4 relays, deprecated
  [ipv4(192, 168, 0, 0), 16], // private
  [ipv4(198, 18, 0, 0), 15], // benchmarking
  [ipv4(198, 51, 100, 0), 24], // documentation
  [ipv4(203, 0, 113, 0), 24], // documentation
  [ipv4(224, 0, 0, 0), 4], // multicast
  [ipv4(240, 0, 0, 0), 4], // reserved, broadcast
]

const isPublicIpv4 = (address: number): boolean =>
  !reservedIpv4().some(([first, prefix]) => {
    const size = 2 ** (32 - prefix)
    return address >= first && address < first + size
  })

const groupsOf = (text: string): Array<number> =>
  text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16))

/** Eight groups from a host that `URL` has normalised (no dotted tail, at most one `::`). */
const parseIpv6 = (host: string): ReadonlyArray<number> => {
  const [head = "", tail] = host.split("::")
  const left = groupsOf(head)
  const right = groupsOf(tail ?? "")
  return [...left, ...Array<number>(8 - left.length - right.length).fill(0), ...right]
}

/**
 * Only global unicast (2000::/3) is public, so everything that is not listed by name (loopback, unique local, link-local,
 * multicast, IPv4-mapped, and what IANA adds outside of it) is refused by default.
 */
const isPublicIpv6 = (groups: ReadonlyArray<number>): boolean => {
  const at = (index: number): number => groups[index] ?? 0
  const embedded = (index: number): boolean => isPublicIpv4(at(index) * 65_536 + at(index + 1))
  // 64:ff9b::/96, NAT64: as public as the IPv4 address it leads to
  if (at(0) === 0x64 && at(1) === 0xff9b && groups.slice(2, 6).every((group) => group === 0))
    return embedded(6)
  if (at(0) === 0x2002) return embedded(1) // 6to4
  if (at(0) === 0x2001 && at(1) < 0x200) return false // 2001::/23: Teredo, benchmarking, ORCHID
  if (at(0) === 0x2001 && at(1) === 0xdb8) return false // documentation
  if (at(0) === 0x3fff && at(1) < 0x1000) return false // documentation
  return at(0) >= 0x2000 && at(0) <= 0x3fff
}
