// @ts-check
/** @import { Row } from "../../types.js" */
/** @import { Store } from "./store.js" */
/** @import { View } from "./view.js" */

import { byId, copyText, downloadText, fill, h, own } from "../shared/dom.js"
import { toCsv, toTsv } from "../shared/csv.js"
import { plural } from "../shared/format.js"
import { outputFields } from "./columns.js"

/**
 * A row as `results` has it: `$id`, `$status`, the input, the output, which wins. Maps, because a column may be
 * called `__proto__`.
 * @param {Row} row
 */
export function flat(row) {
  /** @type {Map<string, unknown>} */
  const record = new Map()
  for (const fields of [row.input, outputFields(row)])
    if (fields) for (const name of Object.keys(fields)) record.set(name, own(fields, name))
  record.set("$id", row.run.run_id)
  record.set("$status", row.run.status)
  return record
}

/** @param {Row[]} rows @param {Store} store */
function table(rows, store) {
  const records = rows.map(flat)
  const names = new Set(["$id", "$status", ...store.columns.all().map((column) => column.name)])
  return { records, names: [...names] }
}

/** @param {Map<string, unknown>} record */
function jsonLine(record) {
  // Written by hand, since an object made here would lose a `__proto__` and move number-like names to the front.
  const keys = ["$id", "$status", ...[...record.keys()].filter((key) => key !== "$id" && key !== "$status")]
  return `{${keys.map((key) => `${JSON.stringify(key)}:${JSON.stringify(record.get(key) ?? null)}`).join(",")}}`
}

/** @param {Row[]} rows @param {Store} store @returns {{ [format: string]: () => string }} */
export const writers = (rows, store) => ({
  csv: () => {
    const { names, records } = table(rows, store)
    return toCsv(names, records)
  },
  tsv: () => {
    const { names, records } = table(rows, store)
    return toTsv(names, records)
  },
  jsonl: () => rows.map((row) => `${jsonLine(flat(row))}\n`).join(""),
})

/** The menu with downloads and copies. CSV and JSON Lines are written here; JSON and Markdown come from the server. */
export class ExportMenu {
  #only = /** @type {HTMLInputElement} */ (byId("export-shown"))
  #scope = byId("export-scope")
  #onlyRow = byId("export-only")

  /** @param {Store} store @param {View} view @param {string} base address of the group without extension */
  constructor(store, view, base) {
    this.store = store
    this.view = view
    const id = store.group.taskgroup_id
    /** @param {string} extension */
    const name = (extension) => `${id}.${extension}`
    /** @param {string} format @param {string} type */
    const local = (format, type) => ({
      download: h(
        "button",
        {
          type: "button",
          class: "small",
          "aria-label": `Download ${format}`,
          onclick: () => downloadText(name(format), type, this.#text(format)),
        },
        "Download",
      ),
      copy: this.#copyButton(format === "csv" ? "table for spreadsheets" : "JSON Lines", () =>
        this.#text(format === "csv" ? "tsv" : format),
      ),
    })
    /** @param {string} format @param {string} label */
    const remote = (format, label) => ({
      download: h(
        "a",
        {
          class: "button small",
          href: `${base}.${format}`,
          download: name(format),
          "aria-label": `Download ${label}`,
        },
        "Download",
      ),
      copy: this.#copyButton(label, async () => (await fetch(`${base}.${format}`)).text()),
    })
    const formats = [
      { label: "CSV", ...local("csv", "text/csv;charset=utf-8") },
      { label: "JSON", ...remote("json", "JSON") },
      { label: "JSON Lines", ...local("jsonl", "application/jsonl;charset=utf-8") },
      { label: "Markdown", ...remote("md", "Markdown") },
    ]
    fill(
      byId("export-formats"),
      formats.map(({ label, download, copy }) =>
        h("li", {}, h("span", { class: "format" }, label), download, copy),
      ),
    )
    byId("export-menu").addEventListener("toggle", () => this.#say())
  }

  #rows() {
    return this.#only.checked && this.view.filtered
      ? this.view.order
      : this.store.rows.filter((row) => row !== undefined)
  }

  #say() {
    this.#onlyRow.hidden = !this.view.filtered
    const missing = this.store.whole
      ? ""
      : ` ${plural(this.store.total - this.store.known, "row")} are still loading.`
    fill(this.#scope, `CSV and JSON Lines of ${plural(this.#rows().length, "row")}.${missing}`)
  }

  /** @param {string} format */
  #text(format) {
    return /** @type {() => string} */ (writers(this.#rows(), this.store)[format])()
  }

  /** @param {string} what @param {() => string | Promise<string>} text */
  #copyButton(what, text) {
    return h(
      "button",
      {
        type: "button",
        class: "small",
        "aria-label": `Copy ${what}`,
        onclick: (/** @type {Event} */ event) =>
          copyText(text(), /** @type {HTMLElement} */ (event.currentTarget)),
      },
      "Copy",
    )
  }
}
