import { BACKSLASH, ESCAPES, hexOf, isHigh, isLow, isSpace, QUOTE } from "./jsonCharacters.ts"

/** The string that a reader of JSON is in: its escapes, its surrogates, and whether it says anything. */
export class JsonString {
  /** Nothing but white space so far. */
  blank = true
  /** In the middle of an escape, which begins at `escapeAt` of the present piece. */
  escaped = false
  escapeAt = 0

  private hexLeft = 0
  private unit = 0
  private pendingHigh = false
  /** Told of each surrogate without its partner. */
  private readonly half: () => void

  constructor(half: () => void) {
    this.half = half
  }

  begin(): void {
    this.blank = true
    this.pendingHigh = false
  }

  /** Where the quote stands that ends it, or the piece's end. `~at`: what stands there can be in no string. */
  read(piece: string, start: number): number {
    let at = start
    while (at < piece.length) {
      const char = piece.charCodeAt(at)
      if (this.escaped) {
        if (!this.escape(char)) return ~at
      } else if (char === QUOTE) {
        this.endHigh()
        return at
      } else if (char === BACKSLASH) {
        this.escaped = true
        this.escapeAt = at
        this.hexLeft = 0
      } else if (char < 0x20) return ~at
      else if (this.blank || this.pendingHigh || char >= 0xd800) this.unusual(char)
      else {
        // Nearly all characters of nearly all bodies.
        let next = piece.charCodeAt(at + 1)
        while (next >= 0x20 && next < 0xd800 && next !== QUOTE && next !== BACKSLASH)
          next = piece.charCodeAt(++at + 1)
      }
      at++
    }
    return at
  }

  /** One more character of an escape; whether it may be one. */
  private escape(char: number): boolean {
    if (this.hexLeft > 0) {
      const digit = hexOf(char)
      if (digit < 0) return false
      this.unit = this.unit * 16 + digit
      if (--this.hexLeft > 0) return true
      this.escaped = false
      this.unusual(this.unit)
      return true
    }
    if (char === 0x75) {
      this.hexLeft = 4
      this.unit = 0
      return true
    }
    const unit = ESCAPES.get(char)
    if (unit === undefined) return false
    this.escaped = false
    this.unusual(unit)
    return true
  }

  private unusual(unit: number): void {
    if (this.blank && !isSpace(unit)) this.blank = false
    if (isLow(unit)) {
      if (!this.pendingHigh) this.half()
      this.pendingHigh = false
    } else {
      this.endHigh()
      this.pendingHigh = isHigh(unit)
    }
  }

  /** What comes next is no low surrogate. */
  private endHigh(): void {
    if (!this.pendingHigh) return
    this.pendingHigh = false
    this.half()
  }
}
