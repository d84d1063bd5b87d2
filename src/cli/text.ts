import { number } from "./following/words.ts"
import { terminalText } from "./terminalText.ts"

/** What somebody wrote, in a sentence of ours. */
export const line = (text: string): string => terminalText(text, 80)

/** Words in lines of at most so many characters, all but the first led by `indent`. A longer word stays whole. */
export const wrap = (text: string, width: number, indent = ""): string => {
  const lines: Array<string> = []
  let current = ""
  for (const word of text.split(" ")) {
    if (current !== "" && indent.length + current.length + 1 + word.length > width) {
      lines.push(current)
      current = word
    } else current = current === "" ? word : `${current} ${word}`
  }
  return [...lines, current].join(`\n${indent}`)
}

const OPTION_OF: Readonly<Record<string, string>> = {
  skip_empty: "--skip-empty",
  max_cost_usd: "--max-cost",
  output_description: "--describe",
  output_schema: "--schema",
}

/** What the server says, on a line and with the options of the command line for fields of a request. */
export const serverText = (text: string, max = 1_000): string =>
  terminalText(text, max).replaceAll(
    // Not where the name begins a place within it.
    /(\bsend )?(["`]?)\b(skip_empty|max_cost_usd|output_description|output_schema)\2(?!\.\w|\[)(?:: true)?/gi,
    (_, send: string | undefined, _quote: string, field: string) => {
      const verb = send === undefined ? "" : send.startsWith("S") ? "Add " : "add "
      return verb + OPTION_OF[field]!
    },
  )

export type Facts = ReadonlyArray<readonly [label: string, text: string]>

const LABEL_WIDTH = 11

/** Facts under each other, each behind its label. Lines within one are kept. */
export const factsText = (facts: Facts, width: number): string => {
  const indent = " ".repeat(LABEL_WIDTH)
  return facts
    .map(([label, text]) => {
      const lines = text.split("\n").map((one) => wrap(one, width, indent))
      return label.padEnd(LABEL_WIDTH) + lines.join(`\n${indent}`)
    })
    .join("\n")
}

const prices = new Intl.NumberFormat("en", { minimumFractionDigits: 2, maximumFractionDigits: 3 })

export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${number(count)} ${count === 1 ? one : many}`

/** With cents, and a tenth of a cent where there is one. */
export const dollars = (usd: number): string => `$${prices.format(usd)}`

/** Seconds from and to, in words. */
export const durationRange = ({ min, max }: { readonly min: number; readonly max: number }): string => {
  const minutes = (seconds: number) => Math.round(seconds / 60)
  if (max <= 120) return min === max ? `${max} s` : `${min} to ${max} s`
  return `${min < 60 ? `${min} s` : minutes(min)} to ${minutes(max)} min`
}
