/** Why bytes are no text. */
export type CharsetFailure =
  | { readonly _tag: "UnknownCharset"; readonly charset: string }
  | { readonly _tag: "InvalidBytes"; readonly charset: string; readonly at: number }
  | { readonly _tag: "NotText"; readonly what: string }

const BLOCK = 65_536
/** Longer than any character of any charset. */
const LONGEST = 8
/** More than any byte order mark or signature. */
const HEAD = 4
const ASCII = /^(?:us-?)?ascii$|^ansi_x3\.4-/i

const SIGNATURES: ReadonlyArray<readonly [ReadonlyArray<number>, CharsetFailure]> = [
  [[0xff, 0xfe, 0, 0], { _tag: "UnknownCharset", charset: "utf-32" }],
  [[0, 0, 0xfe, 0xff], { _tag: "UnknownCharset", charset: "utf-32" }],
  [[0x50, 0x4b, 3, 4], { _tag: "NotText", what: "a ZIP archive, as Excel's workbooks are. Save it as CSV." }],
  [
    [0x1f, 0x8b],
    { _tag: "NotText", what: "gzip data that no Content-Encoding declares. Unpack it, or declare it." },
  ],
  [[0x25, 0x50, 0x44, 0x46], { _tag: "NotText", what: "a PDF document. Save its rows as CSV." }],
]

const MARKS: ReadonlyArray<readonly [ReadonlyArray<number>, string]> = [
  [[0xef, 0xbb, 0xbf], "utf-8"],
  [[0xff, 0xfe], "utf-16le"],
  [[0xfe, 0xff], "utf-16be"],
]

/**
 * Text from bytes as they come: in the charset of the byte order mark, else the declared one, else UTF-16 where the first
 * character shows it, else UTF-8. Bytes that are no text in it are never replaced; reading stops there.
 */
export class CharsetReader {
  failure: CharsetFailure | null = null
  charset = "utf-8"

  private readonly declared: string | null
  private head: Uint8Array | null = new Uint8Array(0)
  private decoder = new TextDecoder()
  /** One block behind: finds the byte at which the decoder failed, which no decoder tells. */
  private behind = this.decoder
  private last = new Uint8Array(0)
  /** Bytes before the last block. */
  private before = 0

  constructor(declared: string | null) {
    this.declared = declared
  }

  push(bytes: Uint8Array): string {
    if (this.failure !== null) return ""
    if (this.head === null) return this.decode(bytes)
    this.head = joined(this.head, bytes)
    return this.head.length < HEAD ? "" : this.begin(this.head)
  }

  end(): string {
    const text = this.head === null ? "" : this.begin(this.head)
    if (this.failure !== null) return ""
    try {
      return text + this.decoder.decode()
    } catch {
      this.locate(new Uint8Array(0))
      return ""
    }
  }

  private begin(head: Uint8Array): string {
    this.head = null
    const startsWith = ([signature]: readonly [ReadonlyArray<number>, unknown]) =>
      signature.every((byte, at) => head[at] === byte)
    this.failure = SIGNATURES.find(startsWith)?.[1] ?? null
    this.charset = MARKS.find(startsWith)?.[1] ?? this.unmarked(head)
    if (this.failure !== null) return ""
    try {
      this.decoder = new TextDecoder(this.charset, { fatal: true, ignoreBOM: false })
      this.behind = new TextDecoder(this.charset, { fatal: true, ignoreBOM: false })
    } catch {
      this.failure = { _tag: "UnknownCharset", charset: this.charset }
      return ""
    }
    return this.decode(head)
  }

  private unmarked(head: Uint8Array): string {
    const declared = this.declared ?? "utf-8"
    if ((this.declared === null || /^utf-?16$/i.test(declared)) && head.length > 1) {
      if (head[0] === 0 && head[1] !== 0) return "utf-16be"
      if (head[0] !== 0 && head[1] === 0) return "utf-16le"
    }
    // Who declares ASCII and sends more means UTF-8 more often than what decoders take ASCII for, windows-1252.
    return ASCII.test(declared) ? "utf-8" : declared
  }

  private decode(bytes: Uint8Array): string {
    let text = ""
    for (let from = 0; from < bytes.length; from += BLOCK) {
      const block = bytes.subarray(from, from + BLOCK)
      try {
        text += this.decoder.decode(block, { stream: true })
      } catch {
        this.locate(block)
        return text
      }
      this.keep(block)
    }
    return text
  }

  private keep(block: Uint8Array): void {
    if (this.last.length < LONGEST) this.last = joined(this.last, block)
    else {
      this.behind.decode(this.last, { stream: true })
      this.before += this.last.length
      this.last = new Uint8Array(block)
    }
  }

  /** The first byte of what could not be decoded, in this block or at the end of the last. */
  private locate(block: Uint8Array): void {
    const { last, behind } = this
    const surely = Math.max(0, last.length - LONGEST)
    let at = this.before + surely
    try {
      behind.decode(last.subarray(0, surely), { stream: true })
      for (const part of [last.subarray(surely), block]) {
        const start = part === block ? this.before + last.length : this.before + surely
        for (let next = 0; next < part.length; next++)
          if (behind.decode(part.subarray(next, next + 1), { stream: true }) !== "") at = start + next + 1
      }
    } catch {
      // Found.
    }
    this.failure = { _tag: "InvalidBytes", charset: this.charset, at }
  }
}

const joined = (head: Uint8Array, tail: Uint8Array): Uint8Array<ArrayBuffer> => {
  const whole = new Uint8Array(head.length + tail.length)
  whole.set(head)
  whole.set(tail, head.length)
  return whole
}

/** What is wrong with the bytes, as the rest of a sentence about them. */
export const charsetFailure = (failure: CharsetFailure): string => {
  switch (failure._tag) {
    case "UnknownCharset":
      return `is in the charset ${JSON.stringify(failure.charset.slice(0, 40))}, which is not known here. Send UTF-8.`
    case "InvalidBytes":
      return `is not valid ${failure.charset} at byte ${failure.at} (the first is 0). Send UTF-8, or declare what it is by charset=… in Content-Type.`
    case "NotText":
      return `is ${failure.what}`
  }
}
