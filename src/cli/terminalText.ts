import { withoutControls, withoutOpenBidi } from "../domain/PlainText.ts"

/**
 * Text from elsewhere, as one line that a terminal shows and does not obey: without control characters, line ends and
 * what would reorder the words behind it; cut where it is longer than `max` characters.
 */
export const terminalText = (text: string, max = 500): string => {
  // What is far longer is not looked at.
  const line = withoutOpenBidi(withoutControls(text.slice(0, 4 * max).replace(/\s+/gu, " "))).trim()
  const characters = Array.from(line)
  return characters.length <= max ? line : `${characters.slice(0, max - 1).join("")}…`
}
