// @ts-check
/** @import { Row } from "../../types.js" */
/** @import { Store } from "./store.js" */
/** @import { View } from "./view.js" */

import { byId, copyText, downloadText, fill, h } from "../shared/dom.js"
import { csvColumns, escapeRaw } from "../shared/domain.js"
import { toCsv } from "../shared/csv.js"
import { plural } from "../shared/format.js"
import { fileName } from "./heading.js"

/** Columns that say what the row is; an input or output of the same name gives way. */
const FIRST = ["$id", "$status"]

/** A row as `results` has it: `$id`, `$status`, the input, the output, which wins. Values are JSON text. @param {Row} row */
function flat(row) {
  const record = new Map([
    ["$id", JSON.stringify(row.run.run_id)],
    ["$status", JSON.stringify(row.run.status)],
  ])
  for (const fields of [row.input, row.output?.fields ?? []])
    for (const [name, value] of fields) if (!FIRST.includes(name)) record.set(name, value)
  if (row.run.error) {
    // At the end, where the server has it.
    record.delete("$error")
    record.set("$error", JSON.stringify(row.run.error.message ?? "failed"))
  }
  return record
}

/** The rows as the server's CSV has them. @param {Row[]} rows @param {Store} store @param {"," | "\t"} separator */
function table(rows, store, separator) {
  const all = store.columns.all()
  const outputs = new Set(all.filter(({ kind }) => kind === "output").map(({ name }) => name))
  const inputs = all.map(({ name }) => name).filter((name) => !outputs.has(name))
  const { fields, header } = csvColumns([...inputs, ...outputs])
  const records = rows.map((row) => {
    const record = flat(row)
    if (!row.run.error) record.delete("$error")
    return record
  })
  return toCsv([...FIRST, ...fields, "$error"], records, header, separator)
}

/** @param {Row} row */
function jsonLine(row) {
  const fields = [...flat(row)].map(([name, value]) => `${JSON.stringify(name)}:${value}`)
  return `${escapeRaw(`{${fields.join(",")}}`)}\n`
}

/** @param {Row[]} rows @param {Store} store @returns {{ [format: string]: () => string }} */
const writers = (rows, store) => ({
  // The mark tells spreadsheets that it is UTF-8.
  csv: () => `\uFEFF${table(rows, store, ",")}`,
  tsv: () => table(rows, store, "\t"),
  jsonl: () => rows.map(jsonLine).join(""),
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
    /** @param {string} extension */
    const name = (extension) => `${fileName(store.group)}.${extension}`
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
