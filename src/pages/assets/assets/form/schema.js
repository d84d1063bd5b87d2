// @ts-check
/** @import { JsonObject, Problem } from "../../types.js" */
/** @import { Field } from "./fields.js" */

import { byId, fill, h, own } from "../shared/dom.js"
import { compactText, readableText } from "../shared/domain.js"
import { aboutIn, fieldsIn, kinds, schemaOf, schemaProblems } from "./fields.js"
import { isObject, readObject } from "./parse.js"

/** @returns {Field} */
const emptyField = () => ({ name: "", kind: "string", description: "", choices: [], optional: false })

/** The schema as fields and as JSON side by side; a change in one is shown in the other. */
export class SchemaEditor {
  #list = byId("fields")
  #json = /** @type {HTMLTextAreaElement} */ (byId("output-schema"))
  #note = byId("fields-note")
  /** @type {Field[]} */
  #fields = [emptyField()]
  /** What the schema says about the whole, which has no control. */
  #about = ""
  /** False while the JSON says more than the fields can. */
  #editable = true

  /** @param {() => void} onChange */
  constructor(onChange) {
    this.onChange = onChange
    this.#json.addEventListener("input", () => {
      this.#readJson()
      onChange()
    })
    byId("add-field").addEventListener("click", () => {
      this.#fields.push(emptyField())
      this.#drawFields()
      this.#fieldInput(this.#fields.length - 1)?.focus()
    })
    this.#drawFields()
    this.#writeJson()
  }

  /** @param {JsonObject} schema */
  set(schema) {
    this.setText(JSON.stringify(schema))
  }

  /** @param {string} json */
  setText(json) {
    this.#json.value = readableText(json, 2)
    this.#readJson()
  }

  /** What `restore` needs: fields without a name yet are not in the JSON. */
  draft() {
    return { json: this.#json.value, fields: this.#editable ? this.#fields : null }
  }

  /** @param {unknown} draft */
  restore(draft) {
    this.#json.value = String(own(draft, "json") ?? "")
    this.#readJson()
    const fields = own(draft, "fields")
    if (!this.#editable || !Array.isArray(fields) || fields.length === 0) return
    this.#fields = fields.map((field) => ({ ...emptyField(), ...field }))
    this.#drawFields()
  }

  /** @returns {{ schema: string | null, problems: Problem[] }} the schema's text */
  read() {
    const read = readObject(this.#json.value, "output_schema", "The schema must be a JSON object.")
    if (read.value === null) return { schema: null, problems: read.problems }
    const names = this.#fields.map((field) => field.name).filter(Boolean)
    const twice = this.#editable ? names.find((name, at) => names.indexOf(name) !== at) : undefined
    const problems = schemaProblems(read.value)
    if (twice !== undefined)
      problems.push({ path: "output_schema", message: `Two fields are called "${twice}".` })
    return { schema: read.json, problems: [...problems, ...read.problems] }
  }

  #readJson() {
    /** @type {Field[] | null} */
    let fields = null
    try {
      if (isObject(JSON.parse(this.#json.value))) fields = fieldsIn(compactText(this.#json.value))
    } catch {
      // The problem is shown beside the JSON; the fields wait until it is valid again.
    }
    this.#editable = fields !== null
    if (fields) this.#about = aboutIn(this.#json.value)
    if (fields) this.#fields = fields.length > 0 ? fields : [emptyField()]
    this.#drawFields()
  }

  #writeJson() {
    this.#json.value = readableText(schemaOf(this.#fields, this.#about), 2)
  }

  /** @param {number} at */
  #fieldInput(at) {
    return /** @type {HTMLInputElement | undefined} */ (this.#list.querySelectorAll("input.field-name")[at])
  }

  #drawFields() {
    this.#note.hidden = this.#editable
    this.#list.hidden = !this.#editable
    byId("add-field").hidden = !this.#editable
    fill(
      this.#list,
      this.#fields.map((field, at) => this.#fieldRow(field, at)),
    )
  }

  /** @param {Field} field @param {number} at */
  #fieldRow(field, at) {
    const n = at + 1
    const changed = () => {
      this.#writeJson()
      this.onChange()
    }
    /** @param {keyof Field} key @param {Record<string, unknown>} props @param {(text: string) => unknown} [read] */
    const text = (key, props, read = (value) => value.trim()) =>
      h("input", {
        type: "text",
        autocomplete: "off",
        spellcheck: "false",
        ...props,
        oninput: (/** @type {Event} */ event) => {
          Object.assign(field, { [key]: read(/** @type {HTMLInputElement} */ (event.target).value) })
          changed()
        },
      })
    const choices = text(
      "choices",
      {
        class: "field-choices",
        "aria-label": `Allowed values of field ${n}, separated by commas`,
        placeholder: "Allowed values, a, b, c (optional)",
        value: field.choices.join(", "),
      },
      (value) => [
        ...new Set(
          value
            .split(",")
            .map((v) => v.trim())
            .filter(Boolean),
        ),
      ],
    )
    choices.hidden = field.kind !== "string"
    const kind = h(
      "select",
      {
        "aria-label": `Type of field ${n}`,
        onchange: (/** @type {Event} */ event) => {
          field.kind = /** @type {Field["kind"]} */ (/** @type {HTMLSelectElement} */ (event.target).value)
          choices.hidden = field.kind !== "string"
          changed()
        },
      },
      kinds.map(([value, label]) => h("option", { value, selected: value === field.kind }, label)),
    )
    const optional = h("input", {
      type: "checkbox",
      checked: field.optional,
      onchange: (/** @type {Event} */ event) => {
        field.optional = /** @type {HTMLInputElement} */ (event.target).checked
        changed()
      },
    })
    const remove = h(
      "button",
      {
        type: "button",
        class: "small plain",
        "aria-label": `Remove field ${n}`,
        onclick: () => {
          this.#fields.splice(at, 1)
          if (this.#fields.length === 0) this.#fields.push(emptyField())
          this.#drawFields()
          changed()
          this.#fieldInput(Math.max(0, at - 1))?.focus()
        },
      },
      "✕",
    )
    return h(
      "li",
      { class: "field" },
      text("name", {
        class: "field-name",
        "aria-label": `Name of field ${n}`,
        placeholder: "field_name",
        value: field.name,
      }),
      kind,
      remove,
      text("description", {
        class: "field-description",
        "aria-label": `Description of field ${n}`,
        placeholder: "What it should hold; the best lever on quality",
        value: field.description,
      }),
      choices,
      h("label", { class: "field-optional" }, optional, "May be missing"),
    )
  }
}
