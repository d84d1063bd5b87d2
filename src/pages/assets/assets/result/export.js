// @ts-check
/** @import { Row } from "../../types.js" */
/** @import { Store } from "./store.js" */
/** @import { View } from "./view.js" */
/** @import { Copied } from "./copy.js" */
/** @import { BasisOf, Scope } from "./export/table.js" */

import { BYTE_ORDER_MARK } from "../shared/csv.js"
import { byId, copyText, downloadBlob, fill, h, setText } from "../shared/dom.js"
import { count, plural } from "../shared/format.js"
import { collectBlob, collectText, makeTurns } from "../shared/slices.js"
import { fitsHtml, htmlFor, toClipboard } from "./copy.js"
import { Evidence } from "./export/evidence.js"
import { fieldsOfScope, isView, rowsOf, tableOf } from "./export/table.js"
import { csvPieces, jsonLines, workbook } from "./export/write.js"
import { fileName } from "./heading.js"

const SAY_EVERY_MS = 1000

/** @typedef {{ rows: readonly Row[], scope: Scope, basis: BasisOf | null, turn: () => Promise<void> }} Order */

/**
 * The menu with downloads and copies. CSV, JSON Lines and Excel's format are written here, of all there is or of what is
 * seen; JSON and Markdown come from the server.
 */
export class ExportMenu {
  #whole = input("export-whole")
  #seen = input("export-seen")
  #withBasis = input("export-basis")
  #status = byId("export-status")
  #cancel = byId("export-cancel")
  #error = byId("export-error")
  #isChosen = false
  /** What is being written. @type {AbortController | null} */
  #job = null

  /** @param {Store} store @param {View} view @param {string} base address of the group without extension */
  constructor(store, view, base) {
    this.store = store
    this.view = view
    this.base = base
    this.evidence = new Evidence(base)
    const csv = "text/csv;charset=utf-8"
    const jsonl = "application/jsonl;charset=utf-8"
    fill(
      byId("export-formats"),
      this.#format(
        "Excel",
        this.#download("xlsx", "Excel workbook", (order) => this.#xlsx(order)),
      ),
      this.#format(
        "CSV",
        this.#download("csv", "csv", (order) =>
          collectBlob(csvPieces(this.#table(order), ",", BYTE_ORDER_MARK), csv, order.turn),
        ),
        this.#copy("table for spreadsheets", (order) => this.#forSpreadsheets(order)),
      ),
      this.#format(
        "JSON Lines",
        this.#download("jsonl", "jsonl", (order) => collectBlob(this.#lines(order), jsonl, order.turn)),
        this.#copy("JSON Lines", async (order) => ({
          text: await collectText(this.#lines(order), order.turn),
        })),
      ),
      this.#remote("json", "JSON"),
      this.#remote("md", "Markdown"),
    )
    for (const choice of [this.#whole, this.#seen, this.#withBasis])
      choice.addEventListener("change", () => {
        this.#isChosen ||= choice !== this.#withBasis
        this.#say()
      })
    this.#cancel.addEventListener("click", () => {
      this.#job?.abort()
      // The button goes.
      byId("export-menu").querySelector("summary")?.focus()
    })
    const menu = /** @type {HTMLDetailsElement} */ (byId("export-menu"))
    menu.addEventListener("toggle", () => this.#say())
    // Rows come in while it is open.
    setInterval(() => menu.open && this.#say(), SAY_EVERY_MS)
  }

  /** @param {string} label @param {...HTMLElement} buttons */
  #format(label, ...buttons) {
    return h("li", {}, h("span", { class: "format" }, label), buttons)
  }

  /** @param {string} extension @param {string} label */
  #remote(extension, label) {
    const { base, store } = this
    const download = h(
      "a",
      {
        class: "button small",
        href: `${base}.${extension}`,
        download: `${fileName(store.group)}.${extension}`,
        "aria-label": `Download ${label}`,
      },
      "Download",
    )
    return this.#format(
      label,
      download,
      button("Copy", `Copy ${label}`, (target) =>
        copyText(
          fetch(`${base}.${extension}`).then((answer) => {
            if (!answer.ok) throw new Error(`The server answers with status ${answer.status}.`)
            return answer.text()
          }),
          target,
        ),
      ),
    )
  }

  /** @param {string} extension @param {string} label @param {(order: Order) => Promise<Blob>} write */
  #download(extension, label, write) {
    return button("Download", `Download ${label}`, async () => {
      const blob = await this.#run(write)
      if (blob) downloadBlob(`${fileName(this.store.group)}.${extension}`, blob)
    })
  }

  /** @param {string} what @param {(order: Order) => Promise<Copied>} write */
  #copy(what, write) {
    return button("Copy", `Copy ${what}`, async (target) => {
      const copied = await this.#run(write)
      if (copied === undefined) return
      await copyText(copied.text, target, async () => {
        if (!(await toClipboard(copied))) throw new Error("The browser did not allow it.")
      })
    })
  }

  get #scope() {
    return /** @type {Scope} */ (this.#seen.checked ? "seen" : "whole")
  }

  /** What the files will hold. */
  #say() {
    const { store, view } = this
    if (!this.#isChosen) (isView(store, view) ? this.#seen : this.#whole).checked = true
    const columns = fieldsOfScope(store, "seen").length
    setText(byId("export-whole-size"), `${plural(store.known, "row")}, all columns, in the order of the rows`)
    setText(
      byId("export-seen-size"),
      `${plural(view.order.length, "row")}, ${plural(columns, "column")}, in this order`,
    )
    const missing = store.whole
      ? ""
      : `${plural(store.total - store.known, "row")} are still loading and will be missing. `
    const lacking = this.#withBasis.checked ? this.evidence.lacking(rowsOf(store, view, this.#scope)) : 0
    const fetched = lacking === 0 ? "" : `The sources of ${plural(lacking, "row")} will be fetched first. `
    setText(
      byId("export-scope"),
      `${missing}${fetched}JSON and Markdown come from the server and are always whole.`,
    )
  }

  /**
   * One at a time, in slices, so that the page goes on; says what it is at. Undefined when it came to nothing.
   * @template A @param {(order: Order) => Promise<A>} write @returns {Promise<A | undefined>}
   */
  async #run(write) {
    this.#job?.abort()
    const job = (this.#job = new AbortController())
    this.#error.hidden = true
    const scope = this.#scope
    const withBasis = this.#withBasis.checked
    // What comes in meanwhile is left out, so that no row is there twice.
    const rows = [...rowsOf(this.store, this.view, scope)]
    try {
      if (withBasis)
        await this.evidence.load(rows, job.signal, (done, total) =>
          this.#tell(`Fetching sources: ${count(done)} of ${plural(total, "row")}…`),
        )
      let done = 0
      const onTurn = () =>
        this.#tell(`Writing ${plural(rows.length, "row")}: ${Math.floor((100 * done) / rows.length)} %`)
      const pause = makeTurns({ signal: job.signal, onTurn })
      const turn = () => {
        done++
        return pause()
      }
      // As they are at one moment: they go on changing while they are written.
      for (const [at, row] of rows.entries()) rows[at] = { ...row }
      const made = await write({ rows, scope, basis: withBasis ? this.evidence.of : null, turn })
      // The last turn may have been before it was cancelled.
      job.signal.throwIfAborted()
      this.#tell("")
      return made
    } catch (error) {
      if (this.#job === job) this.#tell(job.signal.aborted ? "Cancelled." : "")
      if (!job.signal.aborted) this.#refuse(error, withBasis)
      return undefined
    } finally {
      if (this.#job === job) {
        this.#job = null
        this.#cancel.hidden = true
      }
    }
  }

  /** @param {string} text */
  #tell(text) {
    setText(this.#status, text)
    this.#cancel.hidden = !text.endsWith("…") && !text.endsWith("%")
  }

  /** @param {unknown} error @param {boolean} withBasis */
  #refuse(error, withBasis) {
    const why = error instanceof Error ? error.message : String(error)
    setText(
      this.#error,
      withBasis
        ? `The sources could not be fetched, and nothing was saved. ${why} Without “With confidence and sources” it can be saved from this page alone.`
        : `It could not be written. ${why}`,
    )
    this.#error.hidden = false
  }

  /** @param {Order} order */
  #table({ rows, scope, basis }) {
    return { ...tableOf(this.store, this.view, scope, basis), rows }
  }

  /** As a table's copy is: as text alone they would make 7 of `007`. @param {Order} order @returns {Promise<Copied>} */
  async #forSpreadsheets(order) {
    const { rows, columns } = this.#table(order)
    const text = await collectText(csvPieces({ rows, columns }, "\t"), order.turn)
    if (!fitsHtml(rows.length, columns.length)) return { text }
    const html = htmlFor(
      rows.map((row) => columns.map((column) => column.text(row))),
      columns.map(({ title }) => title),
    )
    return { text, html }
  }

  /** @param {Order} order */
  #lines({ rows, scope, basis }) {
    const fields = scope === "seen" ? fieldsOfScope(this.store, scope) : null
    return jsonLines(rows, fields, basis && this.evidence.textOf)
  }

  /** @param {Order} order */
  async #xlsx(order) {
    const table = this.#table(order)
    const scope =
      order.scope === "whole" && this.store.whole
        ? "All rows and columns"
        : `${plural(table.rows.length, "row")} of ${count(this.store.total)}${order.scope === "seen" ? `, ${plural(fieldsOfScope(this.store, "seen").length, "column")}, as seen on the page` : ""}`
    const { blob, cut, columnsLeftOut } = await workbook(this.store, table, scope, order.turn)
    const notes = [
      cut > 0 &&
        `${plural(cut, "text")} of more than 32,767 characters ${cut === 1 ? "is" : "are"} cut, and say so: a cell takes no more.`,
      columnsLeftOut > 0 && `${plural(columnsLeftOut, "column")} had no room: a sheet has 16,384.`,
    ].filter((note) => note !== false)
    if (notes.length > 0) {
      setText(this.#error, `${notes.join(" ")} CSV and JSON Lines have all.`)
      this.#error.hidden = false
    }
    return blob
  }
}

/** @param {string} id */
const input = (id) => /** @type {HTMLInputElement} */ (byId(id))

/** @param {string} text @param {string} label @param {(target: HTMLElement) => void} onClick */
const button = (text, label, onClick) =>
  h(
    "button",
    {
      type: "button",
      class: "small",
      "aria-label": label,
      onclick: (/** @type {Event} */ event) => onClick(/** @type {HTMLElement} */ (event.currentTarget)),
    },
    text,
  )
