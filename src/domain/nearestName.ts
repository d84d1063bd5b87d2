/** Nobody means a field by more than this, and the search stays cheap whatever is sent. */
const MAX_CHARS = 64

/** The words of a name, however they are put together: `webhookURL`, `webhook-url`, `Webhook URL`. */
const wordsOf = (name: string): ReadonlyArray<string> =>
  name
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== "")

/**
 * The name that was probably meant: one that differs in a letter or two or in how its words are put together, otherwise
 * the first with most of its words, or with its first. Null when nothing is near.
 */
export const nearestName = (name: string, names: ReadonlyArray<string>): string | null => {
  if (name.length > MAX_CHARS) return null
  const words = wordsOf(name)
  const letters = words.join("")
  if (letters === "") return null
  let nearest: string | null = null
  let least = letters.length < 7 ? 2 : letters.length < 16 ? 3 : 4
  for (const candidate of names) {
    const distance = editDistance(letters, wordsOf(candidate).join(""))
    if (distance >= least) continue
    least = distance
    nearest = candidate
  }
  return nearest ?? names.find((candidate) => sharesWords(words, wordsOf(candidate))) ?? null
}

const sharesWords = (words: ReadonlyArray<string>, meant: ReadonlyArray<string>): boolean => {
  // more words than the name has: processor_name, but not rate_limit_per_minute
  if (words.length >= meant.length && words.length <= meant.length * 2)
    if (meant.every((word) => words.includes(word))) return true
  if (!words.every((word) => meant.some((other) => isAkin(word, other)))) return false
  return words.length * 2 >= meant.length || isAkin(words[0]!, meant[0]!)
}

/** The beginning of the other, or the same but for its end: desc, policies. */
const isAkin = (a: string, b: string): boolean => {
  const shared = Math.max(3, Math.min(a.length, b.length) - 1)
  return a === b || (a.length >= shared && a.slice(0, shared) === b.slice(0, shared))
}

/** How many letters are wrong, missing, too many, or swapped with their neighbour. */
const editDistance = (a: string, b: string): number => {
  let before: ReadonlyArray<number> = []
  let row = Array.from({ length: b.length + 1 }, (_, at) => at)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      next[j] = Math.min(
        row[j]! + 1,
        next[j - 1]! + 1,
        row[j - 1]! + (same ? 0 : 1),
        swapped ? before[j - 2]! + 1 : Infinity,
      )
    }
    before = row
    row = next
  }
  return row[b.length]!
}
