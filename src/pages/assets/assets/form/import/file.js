// @ts-check
/**
 * What a file holds, by its bytes: a name says little, and whatever is taken for rows is paid for.
 *
 * @typedef {{ text: string, note: string } | { workbook: true } | { problem: string }} FileText
 *   `note`: what is to be known about how it was read; `workbook`: an .xlsx, which its reader takes apart
 */

const SAVE = "Save it as .xlsx or CSV, and choose that."

/** @type {[number[], string][]} what files begin with */
const SIGNATURES = [
  [
    [0xd0, 0xcf, 0x11, 0xe0],
    `It is a workbook in Excel's old format (.xls), or one with a password. ${SAVE}`,
  ],
  [[0x25, 0x50, 0x44, 0x46], `It is a PDF document. Open the list where it was made. ${SAVE}`],
  [[0x89, 0x50, 0x4e, 0x47], "It is a picture (PNG), not a list."],
  [[0xff, 0xd8, 0xff], "It is a picture (JPEG), not a list."],
  [[0x47, 0x49, 0x46, 0x38], "It is a picture (GIF), not a list."],
  [[0x1f, 0x8b], "It is compressed (gzip). Unpack it, and choose what is in it."],
  [[0x28, 0xb5, 0x2f, 0xfd], "It is compressed (zstd). Unpack it, and choose what is in it."],
  [[0x52, 0x61, 0x72, 0x21], "It is an archive (RAR). Unpack it, and choose what is in it."],
  [[0x37, 0x7a, 0xbc, 0xaf], "It is an archive (7z). Unpack it, and choose what is in it."],
  [[0x50, 0x41, 0x52, 0x31], "It is a Parquet file. Save it as CSV or JSON Lines, and choose that."],
  [[0x53, 0x51, 0x4c, 0x69], "It is an SQLite database. Save the table as CSV, and choose that."],
]

/** @param {Uint8Array} bytes @returns {FileText} */
export function readFileText(bytes) {
  const found = SIGNATURES.find(([signature]) => signature.every((byte, at) => bytes[at] === byte))
  if (found) return { problem: found[1] }
  if (bytes[0] === 0x50 && bytes[1] === 0x4b && (bytes[2] ?? 9) < 8) return archive(bytes)
  const wide = utf16Of(bytes)
  if (wide !== null) return decoded(bytes, wide, `It is in ${wide.toUpperCase()}.`)
  if (bytes.includes(0)) return { problem: binary() }
  const utf8 = decode(bytes, "utf-8")
  if (utf8 !== null) return checked(utf8, "")
  return decoded(
    bytes,
    "windows-1252",
    "It is no UTF-8, and was read as Windows-1252 (Western European): see whether letters such as é and ü are right.",
  )
}

const binary = () => `It holds no text. ${SAVE}`

/** @param {Uint8Array} bytes @param {string} charset @param {string} note @returns {FileText} */
function decoded(bytes, charset, note) {
  const text = decode(bytes, charset)
  return text === null ? { problem: `It is not valid ${charset}. ${SAVE}` } : checked(text, note)
}

/** Control characters are in no list: who finds one has something else before them. @param {string} text @param {string} note @returns {FileText} */
const checked = (text, note) =>
  // oxlint-disable-next-line no-control-regex -- it is what this is about
  /[\x00-\x08\x0e-\x1a\x1c-\x1f]/.test(text.slice(0, 100_000)) ? { problem: binary() } : { text, note }

/** @param {Uint8Array} bytes @param {string} charset @returns {string | null} without a byte order mark; null when it is none */
function decode(bytes, charset) {
  try {
    return new TextDecoder(charset, { fatal: true }).decode(bytes)
  } catch {
    return null
  }
}

/**
 * UTF-16 has a mark, or zero bytes on one side of its pairs: of what people write in other scripts, the line ends and
 * commas still have them.
 * @param {Uint8Array} bytes @returns {"utf-16le" | "utf-16be" | null}
 */
function utf16Of(bytes) {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "utf-16le"
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return "utf-16be"
  if (bytes.length % 2 === 1) return null
  const zeros = [0, 0]
  const end = Math.min(bytes.length, 20_000)
  for (let at = 0; at < end; at++) if (bytes[at] === 0) zeros[at % 2] = (zeros[at % 2] ?? 0) + 1
  const [even = 0, odd = 0] = zeros
  // Line ends are rarer than once in a thousand characters in nothing that is a list.
  const enough = Math.max(1, end / 2000)
  if (odd >= enough && even * 20 <= odd) return "utf-16le"
  return even >= enough && odd * 20 <= even ? "utf-16be" : null
}

/** A ZIP archive, by the names in it. @param {Uint8Array} bytes @returns {FileText} */
function archive(bytes) {
  // The directory is at the end, the first name at the beginning.
  const latin = new TextDecoder("latin1")
  const names = latin.decode(bytes.subarray(0, 2000)) + latin.decode(bytes.subarray(-60_000))
  if (names.includes("xl/workbook.bin")) return { problem: `It is a binary workbook (.xlsb). ${SAVE}` }
  if (names.includes("xl/")) return { workbook: true }
  if (names.includes("opendocument")) return { problem: `It is an OpenDocument file (.ods). ${SAVE}` }
  if (names.includes("Index/"))
    return { problem: `It is a file of Apple Numbers. Export it as .xlsx or CSV, and choose that.` }
  if (names.includes("word/"))
    return { problem: `It is a Word document. Copy the table in it, and paste it here.` }
  return { problem: "It is a ZIP archive. Unpack it, and choose the list that is in it." }
}
