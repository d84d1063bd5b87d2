// @ts-check
/** @import { MultitaskRequest } from "../../types.js" */

import { byId, copyText, setText } from "../shared/dom.js"
import { prettyRequest } from "./request.js"

/**
 * The request as code, its body always as text: as a value of the language it would lose digits and the order of names.
 * The key is always a variable of the environment, never the one in the form.
 */

const PATH = "/v1beta/tasks/multitask"
/** More than this is not shown, only copied. */
const MOST_SHOWN = 6000

/** @param {string} origin @param {MultitaskRequest} request */
export const curl = (origin, request) =>
  // A quoted here-document takes any text as it is; a line of JSON is never just EOF.
  `curl -sS ${origin}${PATH} \\
  -H "x-api-key: $PARALLEL_API_KEY" \\
  -H "content-type: application/json" \\
  --data-binary @- <<'EOF'
${prettyRequest(request)}
EOF`

/** @param {string} origin @param {MultitaskRequest} request */
export const typescript = (origin, request) =>
  `const response = await fetch("${origin}${PATH}", {
  method: "POST",
  headers: {
    "x-api-key": process.env.PARALLEL_API_KEY!,
    "content-type": "application/json",
    accept: "application/json",
  },
  body: \`${indent(prettyRequest(request)).replace(/[\\`]|\$(?=\{)/g, "\\$&")}\`,
})
if (!response.ok) throw new Error(await response.text())
const { url } = (await response.json()) as { url: string }
console.log(url)

// Later, or while it runs: every row with $id and $status
const { results } = await (await fetch(url + ".json")).json()`

/** @param {string} origin @param {MultitaskRequest} request */
export const python = (origin, request) =>
  // JSON never has three quotes in a row, and never ends with a backslash.
  `import os, requests

response = requests.post(
    "${origin}${PATH}",
    headers={
        "x-api-key": os.environ["PARALLEL_API_KEY"],
        "content-type": "application/json",
        "accept": "application/json",
    },
    data=r"""${prettyRequest(request)}""".encode(),
)
response.raise_for_status()
url = response.json()["url"]
print(url)

# Later, or while it runs: every row with $id and $status
results = requests.get(url + ".json").json()["results"]`

/** @param {string} text */
const indent = (text) => text.replaceAll("\n", "\n  ")

const languages = { curl, typescript, python }

/** The tabs with the three, following the form. */
export class Snippets {
  /** @type {keyof typeof languages} */
  #language = "curl"
  #code = byId("snippet")
  #note = byId("snippet-note")
  /** @type {MultitaskRequest | null} */
  #request = null

  constructor() {
    const tabs = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-language]"))
    for (const tab of tabs)
      tab.addEventListener("click", () => {
        this.#language = /** @type {keyof typeof languages} */ (tab.dataset.language)
        for (const other of tabs) other.setAttribute("aria-pressed", String(other === tab))
        this.#draw()
      })
    byId("copy-snippet").addEventListener("click", (event) =>
      copyText(this.#textOf(this.#request), /** @type {HTMLElement} */ (event.currentTarget)),
    )
  }

  /** @param {MultitaskRequest} request */
  set(request) {
    this.#request = request
    this.#draw()
  }

  #draw() {
    const text = this.#textOf(this.#request && withFirstRows(this.#request))
    const cut = text.length > MOST_SHOWN
    setText(this.#code, cut ? `${text.slice(0, MOST_SHOWN)}\n…` : text)
    this.#note.hidden = !cut
  }

  /** @param {MultitaskRequest | null} request */
  #textOf(request) {
    return request === null ? "" : languages[this.#language](location.origin, request)
  }
}

/**
 * As many rows as fill what is shown, which they begin: it is drawn at each key that is pressed, and rows may be megabytes.
 * @param {MultitaskRequest} request @returns {MultitaskRequest}
 */
function withFirstRows(request) {
  const { inputs } = request
  if ("url" in inputs) return request
  let chars = 0
  const enough = inputs.findIndex((row) => (chars += row.length) > MOST_SHOWN)
  return enough < 0 ? request : { ...request, inputs: inputs.slice(0, enough + 1) }
}
