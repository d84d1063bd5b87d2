import { levelsOf, type Range, rangesInText } from "./spellings.ts"

/**
 * Secrets in texts from elsewhere: whoever was sent a key may repeat it, as it is or as JSON, URLs and HTML spell it.
 */
export interface Redactor {
  /**
   * The text with `[redacted]` for each of the secrets, in any spelling; everything else to the letter. JSON stays JSON,
   * and so does JSON text within it: an escape goes as a whole.
   */
  readonly hide: (text: string) => string
  /** The same where texts were shortened: of a secret that was cut off at `…` its beginning goes as well. */
  readonly hideCut: (text: string) => string
  /**
   * Whether a JSON text has one of them as nobody would hide it: as it is, in a URL, in base64 or hexadecimal. It costs
   * little whatever is in there, because it is asked of what strangers send.
   */
  readonly holds: (json: string) => boolean
}

export const REDACTED = "[redacted]"

/**
 * Shorter ones cannot be told from other text: results must not change for a made-up key of one letter. Those of
 * Parallel are far longer.
 */
export const MIN_SECRET_CHARS = 8

/** Longer ones are no keys: looking for them would cost what strangers like. */
export const MAX_SECRET_CHARS = 4_096

/** What may stand in JSON outside of strings, where nothing can be put in its place. */
const NO_STRING = /^[-+.,:\d[\]{}truefalsnE]*$/

/** Of a secret that was cut off, fewer characters than these tell nothing. */
const MIN_CUT_CHARS = 4

/** The longest spelling of a character that is looked for, on average. */
const MAX_SPELLING = 32

/** What `JSON.stringify` would write in another way. */
const OTHER_SPELLING = /\\[u/]/

const isTellable = (secret: string): boolean =>
  secret.length >= MIN_SECRET_CHARS && secret.length <= MAX_SECRET_CHARS && !NO_STRING.test(secret)

const NOTHING: Redactor = { hide: (text) => text, hideCut: (text) => text, holds: () => false }

/** What is looked for, and how. */
interface Wanted {
  readonly needles: ReadonlyArray<string>
  readonly trigger: RegExp
  /** The longest spelling that is found. */
  readonly reach: number
  /** Every character that {@link isEdge} is one. */
  readonly hasEdges: boolean
}

export const redactorOf = (secrets: ReadonlyArray<string>): Redactor => {
  const known = secrets.filter(isTellable)
  if (known.length === 0) return NOTHING
  // One with an escape in it is also looked for as it reads where that is undone with all others.
  const forms = known.flatMap((secret) => levelsOf(secret).map(({ text }) => text)).filter(isTellable)
  const needles = [...new Set([...forms, ...known.flatMap(encodedOf)])]
  const wanted = once<Wanted>(() => ({
    needles,
    trigger: triggerOf(known, needles),
    reach: MAX_SPELLING * Math.max(...needles.map((needle) => needle.length)),
    hasEdges: !/[^!#-~]/.test(known.join("")),
  }))
  const hide = (text: string) => without(text, findAll(text, wanted()))
  const plain = once(() => {
    const inUrls = known.filter((secret) => secret.isWellFormed()).map(encodeURIComponent)
    const spelled = [...needles, ...inUrls].map((needle) => literal(JSON.stringify(needle).slice(1, -1)))
    return new RegExp(spelled.join("|"))
  })
  const holds = (json: string) => plain().test(json)
  return {
    hide,
    hideCut: (text) => known.reduce(withoutCut, hide(text)),
    holds: (json) => holds(json) || (OTHER_SPELLING.test(json) && holds(JSON.stringify(JSON.parse(json)))),
  }
}

/** Whoever asks what a text holds hides nothing in it, and the other way round: neither pays for the other's patterns. */
const once = <A>(make: () => A) => {
  let made: A | undefined
  return () => (made ??= make())
}

/** A secret in hexadecimal, and in base64 wherever it begins in what was encoded: what depends on it alone. */
const encodedOf = (secret: string): ReadonlyArray<string> => {
  const bytes = new TextEncoder().encode(secret)
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")
  const base64 = [0, 1, 2].map((before) => {
    const text = btoa("\0".repeat(before) + String.fromCharCode(...bytes)).replace(/=+$/, "")
    const isWhole = (before + bytes.length) % 3 === 0
    return text.slice(before === 0 ? 0 : before + 1, isWhole ? undefined : -1)
  })
  const forUrls = base64.map((text) => text.replaceAll("+", "-").replaceAll("/", "_"))
  return [hex, hex.toUpperCase(), ...base64, ...forUrls]
}

const literal = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&")

/** Either case of a hexadecimal digit. */
const digit = (char: string): string => (/[a-f]/.test(char) ? char + char.toUpperCase() : char)

/** Characters as two hexadecimal digits each, as a pattern. */
const codes = (chars: Iterable<string>): string => {
  const byFirst = new Map<string, string>()
  for (const char of chars) {
    const [first = "", second = ""] = char.charCodeAt(0).toString(16).padStart(2, "0")
    byFirst.set(first, (byFirst.get(first) ?? "") + digit(second))
  }
  return Array.from(byFirst, ([first, seconds]) => `[${digit(first)}][${seconds}]`).join("|")
}

/** Of what escapes consist, and what nobody escapes without a reason. */
const ALWAYS = "\\%&#;0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

/**
 * What every spelling of a secret has in it: the secret as it is, or an escape that stands for a character of it or of
 * another escape. Most texts have none of it, and are looked at only once.
 */
const triggerOf = (secrets: ReadonlyArray<string>, needles: ReadonlyArray<string>): RegExp => {
  const all = secrets.join("")
  const chars = new Set((ALWAYS + all).replace(/[^\0-\x7f]/g, "").split(""))
  const inDecimal = Array.from(chars, (char) => char.charCodeAt(0)).join("|")
  const patterns = [
    `(?:\\\\u00|%)(?:${codes(chars)})`,
    `&(?:amp;)*#(?:0*(?:${inDecimal})(?!\\d)|[xX]0*(?:${codes(chars)})|[^xX\\d])`,
    ...(/[&<>"']/.test(all) ? ["&(?:amp|lt|gt|quot|apos);"] : []),
    ...['"', "/", "\\"].filter((char) => all.includes(char)).map((char) => `\\\\${literal(char)}`),
    ...needles.map((needle) =>
      literal(needle).replaceAll("\\/", "(?:\\\\*\\/|%2[fF])").replaceAll("\\+", "(?:\\+|%2[bB])"),
    ),
  ]
  return new RegExp(patterns.join("|"), "g")
}

const BACKSLASH = 0x5c
const QUOTE = 0x22

/** Escapes and keys are visible ASCII, without quotation marks as a rule: no spelling goes on behind anything else. */
const isEdge = (char: number): boolean => char <= 0x20 || char >= 0x7f || char === QUOTE

/** In JSON a quotation mark that is not escaped is the end of a string: nothing goes on behind it. */
const ENDS_STRING = /(?<!\\)(?:\\\\)*"/

/** Every place where one of them is. Time grows with the text, whatever is in it. */
const findAll = (text: string, { trigger, needles, reach, hasEdges }: Wanted): Array<Range> => {
  const found: Array<Range> = []
  const isJson = /^\s*[[{"]/.test(text)
  let done = 0
  trigger.lastIndex = 0
  for (let match = trigger.exec(text); match !== null; match = trigger.exec(text)) {
    const ends = (at: number) => hasEdges && isEdge(text.charCodeAt(at))
    let from = match.index
    for (const least = Math.max(done, from - reach); from > least && !ends(from - 1);) from--
    while (from > done && text.charCodeAt(from - 1) === BACKSLASH) from--
    let to = match.index
    for (const most = Math.min(text.length, to + 4 * reach); to < most && !ends(to);) to++
    const isWhole = to === text.length || ends(to)
    // With what ends it: that may be the second half of an escape.
    if (isWhole) to++
    for (const ranges of findIn(text.slice(from, to), needles)) {
      const range = ranges
        .map(([begin, end]): Range => [from + begin, from + end])
        .find(([begin, end]) => !(isJson && ENDS_STRING.test(text.slice(begin, end))))
      if (range !== undefined) found.push(range)
    }
    // What begins so near to the end that it may go on behind it is looked for again.
    done = isWhole ? to : to - reach
    let run = done
    while (run > from && text.charCodeAt(run - 1) === BACKSLASH) run--
    // Backslashes come in pairs.
    done -= (done - run) % 2
    trigger.lastIndex = done
  }
  return found
}

const findIn = (text: string, needles: ReadonlyArray<string>): ReadonlyArray<ReadonlyArray<Range>> => {
  const levels = levelsOf(text)
  return levels.flatMap((level, number) =>
    needles.flatMap((needle) => {
      const found: Array<ReadonlyArray<Range>> = []
      for (let at = level.text.indexOf(needle); at >= 0; at = level.text.indexOf(needle, at + 1))
        found.push(rangesInText(levels, number, [at, at + needle.length]))
      return found
    }),
  )
}

const without = (text: string, found: Array<Range>): string => {
  let rest = ""
  let done = 0
  for (const [from, to] of found.toSorted(([a], [b]) => a - b)) {
    if (to <= done) continue
    // Of two that overlap, the other's place goes as well.
    if (from >= done) rest += text.slice(done, from) + REDACTED
    done = to
  }
  return done === 0 ? text : rest + text.slice(done)
}

/** The text without beginnings of the secret that were cut off. */
const withoutCut = (text: string, secret: string): string =>
  text
    .split("…")
    .map((part, at, { length }) => {
      if (at === length - 1) return part
      let chars = Math.min(secret.length, part.length)
      while (chars >= MIN_CUT_CHARS && !part.endsWith(secret.slice(0, chars))) chars--
      return chars < MIN_CUT_CHARS ? part : part.slice(0, -chars) + REDACTED
    })
    .join("…")
