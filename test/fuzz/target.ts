import type { Dice } from "../simulation/effects.ts"

/** One thing that is sent to the product: a text that may be cut smaller, and what else belongs to it. */
export interface Case {
  readonly text: string
  /** Cut smaller: what is known of the whole text does not hold of it. */
  readonly isCut?: true
  readonly [more: string]: unknown
}

export interface Outcome {
  /** What it came to, for the figures: a status, or a word. */
  readonly label: string
  /** What must not be. */
  readonly violations: ReadonlyArray<string>
}

/** A door that is fuzzed, open. */
export interface Door {
  draw(dice: Dice): Case
  send(sent: Case): Promise<Outcome>
  close(): Promise<void> | void
}

export interface Target {
  readonly name: string
  readonly open: () => Promise<Door>
}

/** What breaks parsers, by experience. */
export const NASTY: ReadonlyArray<string> = [
  "\0",
  "\u0001",
  "\u007f",
  "\u0085",
  "\u2028",
  "\u2029",
  "\ufeff",
  "\u200b",
  "\u202e",
  "\ufffd",
  "\ud800",
  "é",
  "é",
  "🦄",
  "ß",
  "İ",
  '"',
  "'",
  "\\",
  "\\u0000",
  "\\ud800",
  "\\u2028",
  "\\/",
  "{",
  "}",
  "[",
  "]",
  ",",
  ":",
  ";",
  "|",
  "`",
  "<",
  ">",
  "&",
  "%",
  "%00",
  "%zz",
  "%C0%AF",
  "%2f",
  "..",
  "../",
  "//",
  "?",
  "#",
  "\r\n",
  "\n",
  "\r",
  "\t",
  " ",
  "\u00a0",
  "=1+1",
  "﹦1",
  "@x",
  "-1",
  "+1",
  "<script>",
  "</script>",
  "<!--",
  "]]>",
  "${x}",
  "{{x}}",
  "javascript:alert(1)",
  "null",
  "true",
  "NaN",
  "Infinity",
  "1e400",
  "-0",
  "1.10",
  "9007199254740993",
  "1e-400",
  "0x10",
  "01",
  ".5",
  "1.",
  "99999999999999999999",
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  '"__proto__":1,',
  '{"a":1,"a":2}',
  "[".repeat(70),
  "[".repeat(20_000),
  '{"a":'.repeat(70),
  "a".repeat(5_000),
  "data: x\n\n",
  "retry: 0\n\n",
  "id: \0\n\n",
  "event: done\ndata: {}\n\n",
]

/** A text damaged once or more: pieces put in, cut out, doubled, moved, joined with those of another. */
export const mutated = (dice: Dice, text: string, others: ReadonlyArray<string> = NASTY): string => {
  let result = text
  for (let left = dice.whole(1, 3); left > 0; left--) {
    const at = dice.whole(0, result.length)
    const to = Math.min(result.length, at + dice.whole(1, 12))
    result = dice.pick<() => string>([
      () => result.slice(0, at) + dice.pick(NASTY) + result.slice(at),
      () => result.slice(0, at) + dice.pick(NASTY) + result.slice(to),
      () => result.slice(0, at) + result.slice(to),
      () => result.slice(0, to) + result.slice(at),
      () => result.slice(0, at) + String.fromCharCode(dice.whole(0, 0x2ff)) + result.slice(at + 1),
      () => result.slice(0, at) + dice.pick(others).slice(dice.whole(0, 40)),
      () => result.slice(0, at),
    ])()
  }
  return result
}

/** Smaller cases, until none fails in the same way: bounded, since each costs a run. */
export const minimised = async (
  door: Door,
  failing: Case,
  isSame: (outcome: Outcome) => boolean,
): Promise<Case> => {
  let best = failing
  let runs = 0
  for (let part = Math.ceil(best.text.length / 2); part >= 1 && runs < 150;) {
    let smaller = false
    for (let at = 0; at < best.text.length && runs < 150; at += part) {
      const candidate = {
        ...best,
        text: best.text.slice(0, at) + best.text.slice(at + part),
        isCut: true as const,
      }
      runs++
      if (!isSame(await door.send(candidate))) continue
      best = candidate
      smaller = true
    }
    if (!smaller) part = part === 1 ? 0 : Math.ceil(part / 2)
  }
  return best
}
