import { cutTo } from "../../domain/Markdown.ts"

/** How often a bound that is too short is made longer again, after halving has found one that is short enough. */
const REFINEMENTS = 4

/**
 * What `write` makes of texts that are cut to one length, the longest with which it has room; null where it has none even
 * when they are cut to `least`. Each attempt costs as much as what is written, so that there are few.
 */
export const fitted = (
  room: number,
  least: number,
  write: (cut: ReturnType<typeof cutTo>) => string,
): string | null => {
  const within = (limit: number): string | null => {
    const text = write(cutTo(limit))
    return text.length <= room ? text : null
  }
  let limit = Math.max(least, Math.floor(room))
  let tooLong = limit
  let text = within(limit)
  while (text === null && limit > least) {
    tooLong = limit
    limit = Math.max(least, Math.floor(limit / 2))
    text = within(limit)
  }
  if (text === null) return null
  for (let step = 0; step < REFINEMENTS && tooLong - limit > 1; step++) {
    const between = Math.floor((limit + tooLong) / 2)
    const longer = within(between)
    if (longer === null) tooLong = between
    else [text, limit] = [longer, between]
  }
  return text
}

/** The lines that have room, each whole, before what is said of the others, or of texts that were cut. */
export const wholeLines = (text: string, room: number, note: (leftOut: number) => string): string => {
  const left = room - note(text.length).length
  const end = left < 0 ? -1 : text.lastIndexOf("\n", left - 1)
  const kept = text.slice(0, end + 1)
  const said = note(text.length - kept.length)
  return kept.length + said.length <= room ? kept + said : ""
}
