// @ts-check
/** @import { Line } from "./table.js" */

/**
 * Whether a table's first line names its columns. A list that loses its first row to a header is worse than a name that is
 * paid for as a row, which the preview shows: so a list of texts has a header only where the first one reads like a name.
 */

const WORDS = new Set(
  `address age amount asin author birthday blurb brand budget business category ceo city code comment comments company
  contact continent count country county currency customer data date day department description domain ean email employee
  employees employer entity event fax field firm first founded founder full gender group handle headquarters hq id image
  industry input isbn isin item job key keyword keywords kind label language last lat latitude lead level link linkedin
  list location logo lon long longitude mail manager market member middle mobile model month name note notes number
  organisation organization organizations owner parent person phone phrase place position postal postcode price product
  products prompt prospect quantity query question rank rating ref reference region revenue role row sector seller seo sex
  site size sku slug source start state status stock store street subject summary supplier surname symbol tag tags
  team tel telephone text ticker title topic total town twitter type uid university upc url urls user username value
  vendor version website websites word work year zip zipcode firma ort plz straße telefon land nom ville pays nombre
  empresa ciudad país azienda città
  unternehmen kunde stadt entreprise société client bedrijf stad 公司 会社 名前`.split(/\s+/),
)
const JOINING = new Set(["of", "the", "a", "no", "nr", "in", "or", "and"])

/** Of what kind a cell is, where that can be told. @type {[string, RegExp][]} */
const KINDS = [
  ["numbers", /^[-+]?[$€£]?\s?\d[\d.,']*\s?[%$€£]?$/],
  ["dates", /^\d{1,4}[-./]\d{1,2}[-./]\d{1,4}(?:[T ][\d:.Z+-]+)?$/],
  ["addresses", /^https?:\/\/\S+$/i],
  ["email addresses", /^[^\s@]+@[^\s@]+\.[^\s@]+$/],
  ["domains", /^(?:[\w-]+\.)+[a-z]{2,}(?:\/\S*)?$/i],
  ["true and false", /^(?:true|false|yes|no)$/i],
]
const SAMPLE = 100

/** @param {string} cell */
const kindOfCell = (cell) => KINDS.find(([, pattern]) => pattern.test(cell.trim()))?.[0] ?? null

/** Whether people call columns so: `Company name`, `founded_year`, `zipCode`, `Address 2`. @param {string} cell */
export function isName(cell) {
  if (cell.length > 60) return false
  const words = cell
    .replace(/(\p{Ll})(\p{Lu})/gu, "$1 $2")
    .toLowerCase()
    .split(/[\s_\-./()#$:\d]+/)
    .filter((word) => word !== "" && !JOINING.has(word))
  return words.length > 0 && words.every((word) => WORDS.has(word) || WORDS.has(word.replace(/s$/, "")))
}

/** @param {string} cell */
const partsOf = (cell) => cell.match(/\p{L}+|\d+/gu) ?? []

/**
 * Whether a cell goes on as the others do, `Company A` and `Company B` or `row_1` and `row_2`: but for one part, which is no
 * name for anything. @param {string} cell @param {readonly string[]} below
 */
function goesOn(cell, below) {
  const parts = cell.length > 100 ? [] : partsOf(cell)
  return below.some((value) => {
    const others = partsOf(value)
    const odd = parts.filter((part, at) => part !== others[at])
    const [one] = odd
    return (
      parts.length > 1 &&
      others.length === parts.length &&
      odd.length === 1 &&
      !WORDS.has((one ?? "").toLowerCase())
    )
  })
}

/**
 * @param {readonly Line[]} lines those that hold something @param {boolean} isFile a file of a kind that has a header as a rule
 * @returns {{ header: boolean, why: string }}
 */
export function guessHeader(lines, isFile) {
  const [first, ...others] = lines.slice(0, SAMPLE)
  if (!first) return { header: false, why: "" }
  const { cells } = first
  if (cells.includes("$id") && cells.includes("$status"))
    return { header: true, why: "It is a result of ours." }
  const written = cells.filter((cell) => cell.trim() !== "")
  if (others.length === 0)
    return isFile || written.every(isName)
      ? { header: true, why: "Its cells read like names." }
      : { header: false, why: "There is one line only." }
  const kinds = written.map(kindOfCell)
  if (kinds.every((kind) => kind !== null && kind !== "domains") && !written.every(isYear))
    return { header: false, why: `The first line holds ${kinds[0]}.` }
  let score = 0
  let why = ""
  for (const [at, cell] of cells.entries()) {
    const below = others.map((line) => line.cells[at] ?? "").filter((value) => value.trim() !== "")
    const vote = voteOf(cell, below)
    score += vote.points
    if (vote.points > 0) why ||= vote.why
  }
  if (score > 0) return { header: true, why }
  const mayBe = score === 0 && cells.length > 1 && new Set(cells).size === cells.length
  if (mayBe && isFile) return { header: true, why: "Such files usually have one." }
  if (mayBe && isLower(written) && !isLower(others.flatMap((line) => line.cells)))
    return { header: true, why: "It alone begins in small letters." }
  return { header: false, why: "The first line reads like the others." }
}

/** @param {readonly string[]} cells */
const isLower = (cells) => cells.every((cell) => cell.trim() === "" || /^[a-zß-öø-ÿ]/.test(cell.trim()))

/** @param {string} cell */
const isYear = (cell) => /^(?:19|20)\d\d$/.test(cell.trim())

/** What one column says. @param {string} cell of the first line @param {readonly string[]} below */
function voteOf(cell, below) {
  const quoted = `“${cell.trim().slice(0, 40)}”`
  if (cell.trim() === "" || below.length === 0) return { points: 0, why: "" }
  const kind = kindOfCell(cell)
  if (below.includes(cell) || (kind === null && goesOn(cell, below))) return { points: -1, why: "" }
  const kinds = new Set(below.map(kindOfCell))
  const [same] = kinds
  if (kinds.size === 1 && same !== null) {
    if (same === kind)
      return { points: isYear(cell) && !below.every(isYear) ? 1 : -2, why: `${quoted} is a year.` }
    return { points: 2, why: `${quoted} stands over ${same}.` }
  }
  if (kind !== null) return { points: -2, why: "" }
  return isName(cell) || /^[a-z]+(?:_[a-z0-9]+)+$/.test(cell)
    ? { points: 1, why: `${quoted} reads like a name for what is below.` }
    : { points: 0, why: "" }
}
