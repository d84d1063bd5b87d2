// @ts-check
/** Reading CSV and TSV (RFC 4180, quotes and line ends inside quotes included). */

/**
 * @param {string} text @param {"," | "\t" | ";"} separator
 * @returns {{ records: { cells: string[], line: number }[], problem: string | null }}
 */
export function parseDelimited(text, separator) {
  /** @type {{ cells: string[], line: number }[]} */
  const records = []
  /** @type {string[]} */
  let cells = []
  let cell = ""
  let quoted = false
  let line = 1
  let startLine = 1
  let quoteLine = 1
  const endRecord = () => {
    cells.push(cell)
    if (cells.length > 1 || cell.trim() !== "") records.push({ cells, line: startLine })
    cells = []
    cell = ""
    startLine = line
  }
  for (let i = 0; i < text.length; i++) {
    const c = text[i]
    if (c === "\n") line++
    if (quoted) {
      if (c !== '"') cell += c
      else if (text[i + 1] === '"') {
        cell += '"'
        i++
      } else quoted = false
    } else if (c === '"' && cell === "") {
      quoted = true
      quoteLine = line
    } else if (c === separator) {
      cells.push(cell)
      cell = ""
    } else if (c === "\n" || (c === "\r" && text[i + 1] !== "\n")) endRecord()
    else if (c !== "\r") cell += c
  }
  if (cell !== "" || cells.length > 0) endRecord()
  return { records, problem: quoted ? `The quote opened in line ${quoteLine} is never closed.` : null }
}

/** The separator that divides the first line best. @param {string} text @returns {"," | "\t" | ";"} */
export function guessSeparator(text) {
  const first = text.slice(0, text.search(/[\r\n]|$/))
  /** @param {string} c */
  const times = (c) => first.split(c).length
  if (times("\t") > 1) return "\t"
  return times(";") > times(",") ? ";" : ","
}
