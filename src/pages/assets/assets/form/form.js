// @ts-check
/** @import { MultitaskRequest, Problem } from "../../types.js" */
/** @import { Example } from "./examples.js" */

import { byId, fill, h, link, own, setText } from "../shared/dom.js"
import { Choice } from "./choice.js"
import { CopyLink } from "./copyLink.js"
import { saveDraft, storedDraft } from "./draft.js"
import { placeOf, showProblems } from "./errors.js"
import { counted, drawButtons, drawEstimate, rowsOf } from "./estimate.js"
import { examples } from "./examples.js"
import { Filling, inWords } from "./filling.js"
import { History } from "./history.js"
import { draftWith } from "./import/requestDraft.js"
import { InputsEditor } from "./inputs.js"
import { KeyPanel } from "./key.js"
import { Threshold } from "../shared/money.js"
import { Options } from "./options.js"
import { Orders } from "./orders.js"
import { choose, chosen } from "./radios.js"
import { watchEnter, watchKeyboard } from "./runBar.js"
import { SchemaEditor } from "./schema.js"
import { Snippets } from "./snippets.js"
import { Submitted } from "./submitted.js"
import { Suggested } from "./suggested.js"
import { loadTailwind } from "./tailwind.js"

const form = /** @type {HTMLFormElement} */ (byId("form"))
const description = /** @type {HTMLTextAreaElement} */ (byId("output-description"))
const processor = /** @type {HTMLSelectElement} */ (byId("processor"))
const webhook = /** @type {HTMLInputElement} */ (byId("webhook-url"))
const submit = /** @type {HTMLButtonElement} */ (byId("submit"))

let ready = false
/** Problems are shown from the first attempt on, or once the field has been left; not while one begins to type. */
let showAll = false
/** @type {Problem[]} what the API said about the last request, until the form changes */
let refused = []
/** @type {ReturnType<typeof setTimeout> | undefined} */
let keeping

const changed = () => {
  if (!ready) return
  refused = []
  setText(byId("form-link"), "")
  update()
  keepSoon()
}
const key = new KeyPanel({ changed, save: saveForm })
const inputs = new InputsEditor(changed, (fields) => {
  // The rows stay where they are: they came with it.
  const { inputs: _, ...rest } = draft(false)
  restoreFields(draftWith(fields, rest))
})
const schema = new SchemaEditor(() => {
  // A suggested field that was changed is one's own.
  choose("schema-mode", "own")
  changed()
})
const options = new Options({ changed, left: () => ready && update() })
const choice = new Choice(changed)
const threshold = new Threshold(byId("ask-above"))
const snippets = new Snippets()
const suggested = new Suggested()
const orders = new Orders(
  {
    read: (fresh = false) => read(fresh).request,
    check,
    apiKey: () => key.value,
    budget: () => options.budget,
    askAbove: () => threshold.usd,
    suggested: (plan) => {
      // What a visitor has chosen comes back with the plan, and is no suggestion.
      const before = suggested.for(asked())
      suggested.take(asked(), {
        schema: chosen("schema-mode") === "own" ? (before?.schema ?? null) : plan.schema,
        processor: processor.value === "" ? plan.processor : (before?.processor ?? ""),
      })
      showSuggested()
    },
    draw: () => void update(),
    keep,
    refuse,
  },
  new History(),
  new Submitted(),
)

function showSuggested() {
  const text = suggested.for(asked())?.schema
  if (text && chosen("schema-mode") !== "own") schema.setText(text)
}

/** What suggestions are made from. */
const asked = () => `${chosen("output-type")} ${description.value.trim()}`

/**
 * @param {boolean} [fresh] as if nothing had been suggested
 * @returns {{ request: MultitaskRequest, problems: Problem[], optional: Problem[] }} `optional` are those of the options
 */
function read(fresh = false) {
  inputs.skip(options.skipEmpty)
  const rows = inputs.read()
  const { fields, problems: optional } = options.read()
  const problems = [...rows.problems, ...optional]
  const outputType = chosen("output-type") === "text" ? "text" : "json"
  const suggestion = fresh ? null : suggested.for(asked())
  /** @type {MultitaskRequest} */
  const request = { inputs: rows.inputs, output_type: outputType, more: fields }
  if (description.value.trim()) request.output_description = description.value.trim()
  if (outputType === "json" && chosen("schema-mode") === "own") {
    const own = schema.read()
    problems.push(...own.problems)
    if (own.schema) request.output_schema = own.schema
  } else if (outputType === "json" && !request.output_description)
    problems.push({
      path: "output_description",
      message: "Say what you want to know about each row, or define the fields yourself.",
    })
  else if (outputType === "json" && suggestion?.schema) request.output_schema = suggestion.schema
  const named = processor.value || suggestion?.processor
  if (named) request.processor = named
  const hook = webhook.value.trim()
  if (hook) {
    request.webhook_url = hook
    if (!URL.canParse(hook) || !/^https?:/.test(hook))
      problems.push({ path: "webhook_url", message: "Give a full address that begins with https://." })
  }
  return { request, problems, optional }
}

/** @param {string} place */
const fieldOf = (place) => (place === "inputs" ? inputs.field : byId(place))

function update() {
  const isJson = chosen("output-type") === "json"
  const own = isJson && chosen("schema-mode") === "own"
  byId("schema-choice").hidden = !isJson
  const suggestion = suggested.for(asked())
  byId("schema-editor").hidden = !own && !(isJson && suggestion?.schema)
  setText(
    byId("description-label"),
    own
      ? "About the whole answer (optional)"
      : isJson
        ? "What do you want to know about each row?"
        : "What should the text say?",
  )
  const { request, problems, optional } = read()
  snippets.set(request)
  drawCost(request.processor ?? "")
  const wrongKey = key.problem
  if (wrongKey !== null) problems.push({ path: "api_key", message: wrongKey })
  const missing = key.value ? [] : [{ path: "api_key", message: "Paste your Parallel API key." }]
  // What is broken is said at once; what is merely not there yet only after an attempt.
  const pressing = problems.filter((problem) =>
    optional.includes(problem)
      ? document.activeElement !== fieldOf(placeOf(problem.path))
      : /^(inputs|output_schema|webhook_url|api_key)/.test(problem.path),
  )
  showProblems([...refused, ...(showAll ? [...problems, ...missing] : pressing)], fieldOf)
  return { request, problems: [...problems, ...missing] }
}

/** @param {string} named the processor, chosen or suggested */
function drawCost(named) {
  const { limit, budget } = options
  const rows = counted({ all: inputs.rowCount, limit, budget, processor: named })
  choice.draw(named, orders.plan?.rows ?? rowsOf(rows))
  drawEstimate(rows, orders, named)
  drawButtons(rows, orders)
  // The same once more, where Run is apart from the rest.
  for (const name of ["rows", "cost"])
    setText(byId(`bar-${name}`), byId(`estimate-${name}`).textContent ?? "")
}

/** @param {Example} example */
function useExample(example) {
  filling.interrupt()
  ready = false
  suggested.forget()
  inputs.set(example.inputs, example.inputsUrl)
  choose("output-type", example.outputType)
  choose("schema-mode", example.schema ? "own" : "suggest")
  description.value = example.description
  if (example.schema) schema.set(example.schema)
  processor.value = example.processor ?? ""
  ready = true
  showAll = false
  changed()
}

/** Everything a visitor has put into the form but the key. @param {boolean} withRows */
const draft = (withRows) => ({
  inputs: inputs.draft(withRows),
  outputType: chosen("output-type"),
  schemaMode: chosen("schema-mode"),
  description: description.value,
  schema: schema.draft(),
  processor: processor.value,
  webhook: webhook.value,
  options: options.draft(),
  suggested: suggested.draft(),
  orders: orders.draft(),
})

/** The rows may be too many to be kept. */
function keep() {
  clearTimeout(keeping)
  if (ready && !saveForm(true)) saveForm(false)
}

/** @param {boolean} withRows @returns {boolean} whether that is kept now */
function saveForm(withRows) {
  return !(withRows && inputs.isTooMuch) && saveDraft(draft(withRows))
}

function keepSoon() {
  clearTimeout(keeping)
  keeping = setTimeout(keep, 500)
}

/** @param {unknown} saved what `draft` made, perhaps in an earlier version of this page */
function restore(saved) {
  ready = false
  inputs.restore(own(saved, "inputs"))
  restoreFields(saved)
}

/** All but the rows. @param {unknown} saved */
function restoreFields(saved) {
  const text = (/** @type {string} */ name) => String(own(saved, name) ?? "")
  ready = false
  choose("output-type", text("outputType") === "text" ? "text" : "json")
  choose("schema-mode", text("schemaMode") === "own" ? "own" : "suggest")
  description.value = text("description")
  schema.restore(own(saved, "schema"))
  processor.value = text("processor")
  webhook.value = text("webhook")
  options.restore(own(saved, "options"))
  suggested.restore(own(saved, "suggested"))
  orders.restore(own(saved, "orders"))
  ready = true
  changed()
}

const what = () => inWords(inputs.rowCount, description.value.trim())
const filling = new Filling({ draft: () => draft(true), restore, what })

/** Whether it may be sent; if not, that is said where it is. */
function check() {
  showAll = true
  refused = []
  setText(byId("form-link"), "")
  const { problems } = update()
  const first = showProblems(problems, fieldOf)
  if (problems.length > 0) first?.focus()
  else showAll = false
  return problems.length === 0
}

/** @param {readonly Problem[]} problems @param {string | null} [taskgroupId] */
function refuse(problems, taskgroupId = null) {
  refused = [...problems]
  update()
  // Some errors come after the group was made; its page then says more.
  if (taskgroupId !== null)
    fill(
      byId("form-link"),
      "The group was created all the same: ",
      link(`${location.origin}/${encodeURIComponent(taskgroupId)}`, taskgroupId),
    )
  const at = showProblems(refused, fieldOf)
  ;(at ?? byId("form-error")).focus()
}

fill(
  byId("examples"),
  examples.map((example) =>
    h("button", { type: "button", class: "small", onclick: () => useExample(example) }, example.name),
  ),
)
for (const control of [description, webhook]) control.addEventListener("input", changed)
processor.addEventListener("change", changed)
for (const radio of document.querySelectorAll("input[name=output-type], input[name=schema-mode]"))
  radio.addEventListener("change", () => {
    showSuggested()
    changed()
  })
form.addEventListener("submit", (event) => {
  event.preventDefault()
  filling.interrupt()
  if (submit.getAttribute("aria-disabled") !== "true") void orders.run()
})
// Whoever goes on typing wants the form as it is, and no group in its place.
for (const kind of ["input", "drop"])
  form.addEventListener(kind, ({ target }) => target !== key.field && filling.interrupt())
new CopyLink(() => ({ request: read().request, apiKey: key.value }))
watchKeyboard()
byId("suggest").addEventListener("click", () => void orders.suggest())
byId("try").addEventListener("click", () => void orders.tryOut())
addEventListener("pagehide", keep)
watchEnter(form, key.field)
const saved = storedDraft()
if (saved === null) useExample(/** @type {Example} */ (examples[0]))
else restore(saved)
loadTailwind()
void filling.start().finally(() => (document.documentElement.dataset.ready = ""))
