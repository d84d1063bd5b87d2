/**
 * Tables (CSV, Markdown, the page without scripts) have at most so many columns for inputs, and as many for outputs:
 * spreadsheets and people take no more. JSON and JSON Lines have every property all the same.
 */
export const MAX_COLUMNS = 1_000

/** Names of all columns together, in characters: they are stored in one row, of 2 MB at most. */
const MAX_NAMES_CHARS = 100_000

/** The names that still become columns beside those that are `known`, and those that are left out. Each is new. */
export const fitColumns = (
  known: Iterable<string>,
  names: Iterable<string>,
): { readonly taken: ReadonlyArray<string>; readonly left: ReadonlyArray<string> } => {
  const taken: Array<string> = []
  const left: Array<string> = []
  let count = 0
  let chars = 0
  for (const name of known) {
    count++
    chars += name.length
  }
  for (const name of names) {
    if (count >= MAX_COLUMNS || chars + name.length > MAX_NAMES_CHARS) {
      left.push(name)
      continue
    }
    taken.push(name)
    count++
    chars += name.length
  }
  return { taken, left }
}

const REASON = `a table has room for ${MAX_COLUMNS} of them, if their names are not too long. JSON and JSON Lines have them all.`

/** What a group says about input columns that are in no table. */
export const inputColumnsWarning = (left: number): string =>
  `CSV and Markdown leave out ${left} of the inputs' columns: ${REASON}`

/** The same about output columns, of which more may come. */
export const outputColumnsWarning = (left: number): string =>
  `CSV and Markdown leave out at least ${left} of the outputs' columns: ${REASON}`

/** How many an `outputColumnsWarning` says; 0 for any other warning. */
export const outputColumnsIn = (warning: string): number =>
  Number(/^CSV and Markdown leave out at least (\d+) of the outputs' columns/.exec(warning)?.[1] ?? 0)

/**
 * Gives each name a spelling of its own, where a format cannot tell some apart: two whose `keyOf` is the same would be
 * one. `given` are all names, which no made-up one may take; `taken` are those of other columns.
 */
export const makeSpelling = (
  given: ReadonlyArray<string>,
  taken: ReadonlyArray<string>,
  keyOf: (name: string) => string = (name) => name,
): ((name: string) => string) => {
  const reserved = new Set(given.map(keyOf))
  const used = new Set(taken)
  return (name) => {
    let spelling = name
    for (let n = 2; used.has(keyOf(spelling)); n++) {
      const next = `${name}_${n}`
      if (!reserved.has(keyOf(next))) spelling = next
    }
    used.add(keyOf(spelling))
    return spelling
  }
}
