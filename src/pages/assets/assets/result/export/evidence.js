// @ts-check
/** @import { FieldBasis, Output, Row } from "../../../types.js" */

import { elementsOf, fieldsOf, kindOf } from "../../shared/domain.js"

/** Rows that are asked for at once. */
const PAGE_ROWS = 500
/** Rows can change while they are fetched; then once more. */
const PASSES = 3
const BUSY_TRIES = 4
const LONGEST_WAIT_S = 30

/** @typedef {Row & { output: Output }} RowWithOutput */

/**
 * Reasoning and sources of many rows. The page is not given them, they are most of the data; who saves them has them
 * fetched here, many rows at a time, and kept while the page is open.
 */
export class Evidence {
  /** By the output that they are for, which a row's change replaces. @type {WeakMap<Output, string>} JSON texts of lists */
  #texts = new WeakMap()

  /** @param {string} base address of the group without extension */
  constructor(base) {
    this.base = base
  }

  /** The row's basis as JSON text, where it is here. @param {Row} row */
  textOf = (row) => (row.output === null ? "[]" : this.#texts.get(row.output))

  /** @param {Row} row @returns {FieldBasis[] | undefined} */
  of = (row) => {
    const text = this.textOf(row)
    return text === undefined
      ? undefined
      : JSON.parse(text).filter((/** @type {unknown} */ entry) => typeof entry === "object" && entry !== null)
  }

  /** How many of the rows have some that is not here. @param {readonly Row[]} rows */
  lacking(rows) {
    return rows.filter((row) => row.output !== null && this.#lacks(row.output)).length
  }

  /**
   * Rejects with words for people where not all can be had.
   * @param {readonly Row[]} rows @param {AbortSignal} signal @param {(done: number, total: number) => void} onProgress in rows
   */
  async load(rows, signal, onProgress) {
    for (let pass = 0; pass < PASSES; pass++) {
      const missing = this.#missing(rows)
      let done = 0
      while (done < missing.length) {
        onProgress(done, missing.length)
        const first = /** @type {RowWithOutput} */ (missing[done]).index
        let until = done
        while (/** @type {number} */ (missing[until]?.index ?? Infinity) < first + PAGE_ROWS) until++
        await this.#fetch(missing.slice(done, until), signal)
        done = until
      }
      if (missing.length === 0) return
    }
    const left = this.lacking(rows)
    if (left > 0) throw new Error(`${left} of the rows go on changing. Try again when they have ended.`)
  }

  /** By their place. @param {readonly Row[]} rows @returns {RowWithOutput[]} */
  #missing(rows) {
    const missing = rows.filter(
      /** @returns {row is RowWithOutput} */ (row) => row.output !== null && this.#lacks(row.output),
    )
    return missing.sort((a, b) => a.index - b.index)
  }

  /** @param {Output} output */
  #lacks(output) {
    // Of a row that was opened, the page has it.
    if (!this.#texts.has(output) && Array.isArray(output.basis))
      this.#texts.set(output, JSON.stringify(output.basis))
    return !this.#texts.has(output)
  }

  /** @param {readonly RowWithOutput[]} rows within one page, by their place @param {AbortSignal} signal */
  async #fetch(rows, signal) {
    const first = /** @type {RowWithOutput} */ (rows[0]).index
    const last = /** @type {RowWithOutput} */ (rows.at(-1)).index
    const after = first === 0 ? "" : `&after=${first - 1}`
    const text = await ask(`${this.base}.jsonl?basis=all&limit=${last - first + 1}${after}`, signal)
    const outputs = rows.map(({ output }) => output)
    const lines = text.split("\n")
    for (const [at, row] of rows.entries()) {
      const line = lines[row.index - first]
      if (!line) throw new Error("The answer of the server ends too early.")
      const record = fieldsOf(line)
      // Of another attempt it says nothing about this output.
      if (record.get("$id") !== JSON.stringify(row.run.run_id) || row.output !== outputs[at]) continue
      const basis = record.get("$basis") ?? "[]"
      this.#texts.set(row.output, kindOf(basis) === "array" ? `[${elementsOf(basis).join(",")}]` : "[]")
    }
  }
}

/** @param {string} url @param {AbortSignal} signal */
async function ask(url, signal) {
  for (let attempt = 1; ; attempt++) {
    const response = await fetch(url, { signal }).catch((/** @type {unknown} */ error) => {
      signal.throwIfAborted()
      throw new Error("The server cannot be reached.", { cause: error })
    })
    if (response.ok) return response.text()
    const wait = Number(response.headers.get("retry-after") ?? NaN)
    const isBusy = (response.status === 429 || response.status === 503) && wait <= LONGEST_WAIT_S
    if (!isBusy || attempt >= BUSY_TRIES)
      throw new Error(
        response.status === 404
          ? "The group has been removed."
          : `The server answers with status ${response.status}.`,
      )
    await rest(wait * 1000, signal)
  }
}

/** @param {number} ms @param {AbortSignal} signal */
const rest = (ms, signal) =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener("abort", () => {
      clearTimeout(timer)
      reject(signal.reason)
    })
  })
