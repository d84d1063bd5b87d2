// @ts-check
/** @import { Ask } from "./dialog.js" */
/** @import { Standing } from "./standing.js" */
/** @import { Store } from "../store.js" */

import { h } from "../../shared/dom.js"
import { exactly } from "../../shared/money.js"
import { plural } from "../../shared/format.js"
import { costOfResume, followedByResume, sentByResume } from "./standing.js"

/** The acts about which there is nothing to choose. Each names what it does, and what that costs. */

/** @param {string} text */
const line = (text) => h("p", {}, text)

/** @param {string} base @param {() => Standing} standing @returns {Ask} */
export function stopAsk(base, standing) {
  const { waiting, open } = standing()
  const running = Math.max(0, open - waiting)
  return {
    act: "stop",
    title: "Stop this group?",
    body: [
      line(
        `${plural(waiting, "row")} not sent yet ${waiting === 1 ? "is" : "are"} left out; “Resume” sends them later.`,
      ),
      line(
        running === 0
          ? "No row is under way at Parallel."
          : `${plural(running, "row")} under way at Parallel cannot be stopped there: they are paid for, and their results still come in.`,
      ),
    ],
    order: () => ({
      request: { method: "POST", path: `${base}/stop`, body: "{}" },
      label: `Stop, leave out ${plural(waiting, "row")}`,
      rows: waiting,
      paid: false,
    }),
    renew: () => stopAsk(base, standing),
    done: ({ not_sent = 0, running: followed = 0 }) =>
      `Stopped: ${plural(not_sent, "row")} left out${followed > 0 ? `, ${plural(followed, "row")} followed to the end` : ""}.`,
  }
}

/** @param {string} base @param {() => Standing} standing @param {Store} store @returns {Ask} */
export function resumeAsk(base, standing, store) {
  const { state } = standing()
  const [sent, followed] = [sentByResume(standing()), followedByResume(standing())]
  const usd = costOfResume(store, standing())
  const rows = sent + followed
  const sum = usd === null || usd === 0 ? "" : ` for ${exactly(usd)}`
  const lines = [
    sent > 0 &&
      `${plural(sent, "row")} not sent so far ${sent === 1 ? "is" : "are"} sent${usd === null ? `. What that costs is not known here` : `, at list price ${exactly(usd)} in all`}.`,
    followed > 0 &&
      `${plural(followed, "row")} sent already ${followed === 1 ? "is" : "are"} followed again, which costs nothing.`,
    rows === 0 && "The group goes on where it was.",
    state === "key_refused" &&
      "Parallel refuses the key that the group was given: it goes on with the one that you give now.",
    state === "waiting_for_credit" && "There has to be credit at Parallel by now; else the rows wait on.",
  ]
  return {
    act: "resume",
    title: "Resume this group?",
    body: lines.filter((text) => typeof text === "string").map(line),
    usd,
    order: () => ({
      request: { method: "POST", path: `${base}/resume`, body: "{}" },
      label: rows === 0 ? "Resume" : `Resume ${plural(rows, "row")}${sum}`,
      rows,
      paid: sent > 0,
    }),
    renew: () => resumeAsk(base, standing, store),
    done: ({ resumed = 0 }) =>
      resumed === 0
        ? "There was nothing to go on with."
        : `${plural(resumed, "row")} ${resumed === 1 ? "goes" : "go"} on.`,
  }
}

/** @param {string} base @param {() => Standing} standing @returns {Ask} */
export function deleteAsk(base, standing) {
  const { total, open, waiting } = standing()
  const running = Math.max(0, open - waiting)
  return {
    act: "delete",
    title: "Delete this group now?",
    body: [
      line(
        `${plural(total, "row")} with ${total === 1 ? "its result" : "their results"}, reasoning and sources are deleted, and everybody who has the link finds nothing. This cannot be undone.`,
      ),
      running > 0 &&
        line(
          `${plural(running, "row")} under way at Parallel ${running === 1 ? "runs" : "run"} on there and ${running === 1 ? "is" : "are"} paid for; the results are lost here.`,
        ),
      line("To keep the results, cancel and download them first."),
    ].filter((one) => one !== false),
    order: () => ({
      request: { method: "DELETE", path: base },
      label: `Delete ${plural(total, "row")}`,
      rows: total,
      paid: false,
    }),
    renew: () => deleteAsk(base, standing),
    // The page says it itself.
    done: () => "",
  }
}
