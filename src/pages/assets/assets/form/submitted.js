// @ts-check
/** @import { GroupStatus, MultitaskAnswer } from "../../types.js" */

import { byId, copyText, fill, h, setText } from "../shared/dom.js"
import { stateLabel } from "../shared/domain.js"
import { count, dollars, isTerminal, plural } from "../shared/format.js"
import { ConnectionLight, countsText, drawBar, factsOf } from "../shared/progress.js"
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
    setText(byId("submitted-title"), rows > 0 && answer.num_inputs === rows ? TRIED : ON_THEIR_WAY)
    // Built from the id, so that an answer cannot point the buttons elsewhere.
    const base = `/${encodeURIComponent(answer.taskgroup_id)}`
    this.#url = `${location.origin}${base}`
    this.#section.hidden = false
    fill(byId("submitted-url"), h("a", { href: base, target: "_blank", rel: "noopener" }, this.#url))
    fill(
      byId("submitted-buttons"),
      [
        ["Open the table", ".html"],
        ["JSON", ".json"],
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
      onState: (state) => this.#light.set(state),
    })
  }

  /** @param {GroupStatus} status */
  #progress(status) {
    this.#status = status
    const counts = new Map(Object.entries(status.task_run_status_counts ?? {}))
    const total = status.num_task_runs
    const finished = [...counts].reduce((sum, [name, n]) => sum + (isTerminal(name) ? n : 0), 0)
    const bar = byId("submitted-bar")
    drawBar(bar, counts, total)
    const words = `${count(finished)} of ${count(total)} finished`
    bar.setAttribute("aria-label", words)
    setText(
      byId("submitted-progress"),
      `${words}${finished > 0 || counts.size > 0 ? ` (${countsText(counts)})` : ""}`,
    )
    setText(byId("submitted-message"), status.status_message ?? "")
    byId("submitted-message").hidden = !status.status_message
  }
}
