// @ts-check
/** @import { GroupStatus, MultitaskAnswer } from "../../types.js" */

import { byId, copyText, fill, h, setText } from "../shared/dom.js"
import { headline, nextStep, stateLabel } from "../shared/domain.js"
import { dollars, plural } from "../shared/format.js"
import { ConnectionLight, countsText, drawBar, factsOf, withMarks } from "../shared/progress.js"
import { follow } from "../shared/sse.js"
import { TriedRows } from "./tried.js"

const ON_THEIR_WAY = "Your rows are on their way"
const TRIED = "The first rows are being tried"

/** After submitting: a button for every format, the link to pass on, and how far it is. */
export class Submitted {
  #section = byId("submitted")
  /** @type {GroupStatus | undefined} */
  #status
  #light = new ConnectionLight("submitted-connection", () => stateLabel(factsOf(this.#status, true)))
  #tried = new TriedRows()
  #stop = () => {}
  #id = ""
  #ended = false
  #underWay = ON_THEIR_WAY
  #url = ""

  constructor() {
    byId("submitted-copy").addEventListener("click", (event) =>
      copyText(this.#url, /** @type {HTMLElement} */ (event.currentTarget)),
    )
  }

  /** @param {MultitaskAnswer} answer @param {{ quietly: boolean, rows: number }} how `rows` of a trial are shown here */
  show(answer, { quietly, rows }) {
    this.#stop()
    this.#tried.begin(rows)
    this.#underWay = rows > 0 && answer.num_inputs === rows ? TRIED : ON_THEIR_WAY
    setText(byId("submitted-title"), this.#underWay)
    this.#id = answer.taskgroup_id
    this.#ended = false
    // Built from the id, so that an answer cannot point the buttons elsewhere.
    const base = `/${encodeURIComponent(answer.taskgroup_id)}`
    this.#url = `${location.origin}${base}`
    this.#section.hidden = false
    fill(byId("submitted-url"), h("a", { href: base, target: "_blank", rel: "noopener" }, this.#url))
    fill(
      byId("submitted-buttons"),
      [
        ["Open the table", ".html"],
        ["CSV", ".csv"],
        ["JSON", ".json"],
        ["JSON Lines", ".jsonl"],
        ["Markdown", ".md"],
        ["Events (SSE)", ".sse"],
        ["SQL console", ".db"],
      ].map(([label, extension], at) =>
        h(
          "a",
          {
            class: `button${at === 0 ? " primary" : ""}`,
            href: base + extension,
            target: "_blank",
            rel: "noopener",
          },
          label,
        ),
      ),
    )
    const facts = [plural(answer.num_inputs, "row"), `processor ${answer.processor}`]
    if (typeof answer.estimated_cost_usd === "number")
      facts.push(`about ${dollars(answer.estimated_cost_usd)}`)
    const leftOut = answer.num_inputs_left_out
    if (typeof leftOut === "number" && leftOut > 0) facts.push(`${plural(leftOut, "row")} left out`)
    setText(byId("submitted-facts"), facts.join(", "))
    fill(
      byId("submitted-warnings"),
      (Array.isArray(answer.warnings) ? answer.warnings : []).map((text) =>
        h("p", { class: "notice" }, text),
      ),
    )
    this.#progress({ num_task_runs: answer.num_inputs, task_run_status_counts: {}, is_active: true })
    if (!quietly) byId("submitted-title").focus()
    this.#stop = follow({
      url: `${base}.sse?basis=none`,
      lastId: null,
      onEvent: (event, data) => {
        if (event.type === "task_run.state") this.#tried.take(event, data)
        if (event.type === "task_group_status" && event.status) this.#progress(event.status)
      },
      onState: (state) => {
        this.#ended = state.kind === "ended"
        if (this.#ended && this.#status !== undefined) this.#progress(this.#status)
        this.#light.set(state)
      },
    })
  }

  /** @param {GroupStatus} status */
  #progress(status) {
    this.#status = status
    const counts = new Map(Object.entries(status.task_run_status_counts ?? {}))
    const facts = factsOf(status, this.#ended)
    const [label, look] = stateLabel(facts)
    const words = headline(facts)
    const bar = byId("submitted-bar")
    drawBar(bar, counts, status.num_task_runs)
    bar.setAttribute("aria-label", words)
    this.#section.dataset.look = look
    setText(byId("submitted-title"), facts.state === "running" ? this.#underWay : label)
    const isSpread = facts.state === "running" && counts.size > 0
    setText(byId("submitted-progress"), `${words}${isSpread ? ` (${countsText(counts)})` : ""}`)
    // While all goes well there is nothing to be done.
    const next = look === "plain" || look === "well" ? "" : nextStep(facts, this.#id)
    const texts = [status.status_message?.trim(), next].filter(Boolean)
    const message = byId("submitted-message")
    fill(
      message,
      texts.map((text) => h("p", {}, ...withMarks(text ?? ""))),
    )
    message.className = `notice ${look === "ill" ? "error" : "warning"}`
    message.hidden = texts.length === 0
  }
}
