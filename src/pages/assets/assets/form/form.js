// @ts-check
/** @import { MultitaskRequest, Problem } from "../../types.js" */
/** @import { Example } from "./examples.js" */

import { byId, fill, h, link, own, setText } from "../shared/dom.js"
import { count, dollars, durationRange, plural } from "../shared/format.js"
import { findProcessor, processors, suggestedRange } from "../processors.js"
import { saveDraft, takeDraft } from "./draft.js"
import { placeOf, showProblems } from "./errors.js"
import { examples } from "./examples.js"
import { History } from "./history.js"
import { InputsEditor } from "./inputs.js"
import { KeyPanel } from "./key.js"
import { Options } from "./options.js"
import { SchemaEditor } from "./schema.js"
import { Snippets } from "./snippets.js"
import { send } from "./send.js"
import { Submitted } from "./submitted.js"
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

const changed = () => {
  if (!ready) return
  refused = []
  setText(byId("form-link"), "")
  update()
}
const key = new KeyPanel({ changed, save: (withRows) => saveDraft(draft(withRows)), discard: takeDraft })
const inputs = new InputsEditor(changed)
const schema = new SchemaEditor(changed)
const options = new Options({ changed, left: () => ready && update() })
const snippets = new Snippets()
const submitted = new Submitted()
const history = new History()

/** @param {string} name */
const chosen = (name) =>
  /** @type {HTMLInputElement | null} */ (document.querySelector(`input[name=${name}]:checked`))?.value ?? ""
/** @param {string} name @param {string} value */
function choose(name, value) {
  for (const radio of /** @type {NodeListOf<HTMLInputElement>} */ (
    document.querySelectorAll(`input[name=${name}]`)
  ))
    radio.checked = radio.value === value
}

/** @returns {{ request: MultitaskRequest, problems: Problem[], optional: Problem[] }} `optional` are those of the options */
function read() {
  inputs.skip(options.skipEmpty)
  const rows = inputs.read()
  const { fields, problems: optional } = options.read()
  const problems = [...rows.problems, ...optional]
  const outputType = chosen("output-type") === "text" ? "text" : "json"
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
  if (processor.value) request.processor = processor.value
  const hook = webhook.value.trim()
  if (hook) {
    request.webhook_url = hook
    if (!URL.canParse(hook) || !/^https?:/.test(hook))
      problems.push({ path: "webhook_url", message: "Give a full address that begins with https://." })
  }
  return { request, problems, optional }
}

/** @param {string} place */
function fieldOf(place) {
  if (place === "inputs") return inputs.field
  return byId(place === "form" ? "form" : place)
}

function update() {
  const isJson = chosen("output-type") === "json"
  const own = isJson && chosen("schema-mode") === "own"
  byId("schema-choice").hidden = !isJson
  byId("schema-editor").hidden = !own
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
  drawEstimate()
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
  const { n } = planned()
  setText(submit, n === null ? "Run" : n > 0 ? `Run ${plural(n, "row")}` : "Run")
  return { request, problems: [...problems, ...missing] }
}

/** How many rows will run, as far as that is known, and of how many. */
function planned() {
  const [all, { limit }] = [inputs.rowCount, options]
  return { all, limit, n: all === null || limit === null ? all : Math.min(all, limit) }
}

function drawEstimate() {
  const { all, limit, n } = planned()
  const one = findProcessor(processor.value)
  const [low, high] = one ? [one, one] : suggestedRange
  setText(
    byId("estimate-rows"),
    n === null
      ? limit === null
        ? "known after fetching"
        : `at most ${plural(limit, "row")}`
      : n === all
        ? plural(n, "row")
        : `${count(n)} of ${plural(all ?? n, "row")}`,
  )
  const money = (/** @type {number} */ usd) => dollars(n === null ? usd : usd * n)
  const cost = one ? money(one.usd) : `${money(low.usd)} – ${money(high.usd)}`
  setText(byId("estimate-cost"), n === null ? `${cost} per row` : n === 0 ? "–" : cost)
  setText(
    byId("estimate-time"),
    one ? durationRange(one.seconds) : durationRange([low.seconds[0], high.seconds[1]]),
  )
}

/** @param {Example} example */
function useExample(example) {
  ready = false
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
})

/** @param {unknown} saved what `draft` made, perhaps in an earlier version of this page */
function restore(saved) {
  const text = (/** @type {string} */ name) => String(own(saved, name) ?? "")
  ready = false
  inputs.restore(own(saved, "inputs"))
  choose("output-type", text("outputType") === "text" ? "text" : "json")
  choose("schema-mode", text("schemaMode") === "own" ? "own" : "suggest")
  description.value = text("description")
  schema.restore(own(saved, "schema"))
  processor.value = text("processor")
  webhook.value = text("webhook")
  options.restore(own(saved, "options"))
  ready = true
  changed()
}

async function onSubmit() {
  showAll = true
  refused = []
  setText(byId("form-link"), "")
  const { request, problems } = update()
  const first = showProblems(problems, fieldOf)
  if (problems.length > 0) {
    first?.focus()
    return
  }
  submit.setAttribute("aria-disabled", "true")
  submit.classList.add("busy")
  setText(submit, "Sending…")
  const outcome = await send(request, key.value, () => setText(submit, "Trying again…"))
  submit.removeAttribute("aria-disabled")
  submit.classList.remove("busy")
  if (outcome.ok) {
    showAll = false
    const { answer } = outcome
    history.add({
      id: answer.taskgroup_id,
      created: new Date().toISOString(),
      rows: answer.num_inputs,
      title: JSON.parse(request.more?.get("title") ?? '""'),
      what: request.output_description?.slice(0, 120) ?? "",
      processor: answer.processor,
    })
    update()
    submitted.show(answer)
    return
  }
  refused = outcome.problems
  update()
  // Some errors come after the group was made; its page then says more.
  if (outcome.taskgroupId)
    fill(
      byId("form-link"),
      "The group was created all the same: ",
      link(`${location.origin}/${encodeURIComponent(outcome.taskgroupId)}`, outcome.taskgroupId),
    )
  const at = showProblems(refused, fieldOf)
  ;(at ?? byId("form-error")).focus()
}

fill(
  processor,
  h("option", { value: "" }, "Suggest one (base to pro)"),
  processors.map((p) =>
    h(
      "option",
      { value: p.name },
      `${p.name} – ${dollars(p.usd * 1000)} per 1,000, ${durationRange(p.seconds)}`,
    ),
  ),
)
fill(
  byId("examples"),
  examples.map((example) =>
    h("button", { type: "button", class: "small", onclick: () => useExample(example) }, example.name),
  ),
)
for (const control of [description, webhook]) control.addEventListener("input", changed)
processor.addEventListener("change", changed)
for (const radio of document.querySelectorAll("input[name=output-type], input[name=schema-mode]"))
  radio.addEventListener("change", changed)
form.addEventListener("submit", (event) => {
  event.preventDefault()
  if (submit.getAttribute("aria-disabled") !== "true") void onSubmit()
})
// Enter in one of the many small fields must not start runs that cost money; in the key's field it is meant.
form.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.isComposing) return
  if (event.ctrlKey || event.metaKey) {
    event.preventDefault()
    form.requestSubmit()
  } else if (event.target instanceof HTMLInputElement && event.target !== key.field) event.preventDefault()
})
const saved = takeDraft()
if (saved === null) useExample(/** @type {Example} */ (examples[0]))
else restore(saved)
loadTailwind()
document.documentElement.dataset.ready = ""
