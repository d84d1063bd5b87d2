// @ts-check
import { readFileText } from "./file.js"

/**
 * A file's text, whatever wrote it.
 *
 * @typedef {{ text: string, note: string, sheets: readonly { name: string, text: string }[] } | { problem: string }} FileRows
 *   `sheets`: of a workbook, the first of which is the text
 */

/** Larger texts stay outside the text area, which would make typing slow. */
export const MOST_EDITABLE = 300_000

/** Nothing larger can hold rows for one request. */
const MOST_BYTES = 64 * 1024 * 1024

/** @param {File} file @returns {Promise<FileRows>} */
export async function readRowsFile(file) {
  if (file.size > MOST_BYTES)
    return {
      problem: `It has ${Math.round(file.size / 1024 / 1024)} MB; a request takes 16 MB of rows. Split it.`,
    }
  if (file.size === 0) return { problem: "It is empty." }
  /** @type {Uint8Array<ArrayBuffer>} */
  let bytes
  try {
    bytes = new Uint8Array(await file.arrayBuffer())
  } catch {
    return { problem: "It cannot be read: it may be a folder, or have been moved. Choose it again." }
  }
  const read = readFileText(bytes)
  if ("problem" in read) return read
  if (!("workbook" in read)) return { ...read, sheets: [] }
  /** @type {typeof import("../../lazy/readXlsx.js")} */
  let reader
  try {
    reader = await import("../../lazy/readXlsx.js")
  } catch {
    return { problem: "What reads workbooks could not be loaded. Try again, or save it as CSV." }
  }
  const workbook = await reader.readXlsx(bytes)
  if ("problem" in workbook) return workbook
  const [first] = workbook.sheets
  return { text: first?.text ?? "", note: "", sheets: workbook.sheets }
}
