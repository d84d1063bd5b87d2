// @ts-check
/** @import { StudioMessage } from "../../types.js" */

import { post } from "../console/ask.js"
import { byId, fill, h } from "../shared/dom.js"

/**
 * Frames Outerbase's studio when the visitor says so, and passes its questions on. It may run its own scripts and use its
 * own storage, both under its own origin; it may not lead this window anywhere, open others, show dialogs, download,
 * or use the clipboard. What is heard comes from that frame while it is at that site, and only such a page is answered.
 */

const page = byId("page")
const open = document.getElementById("open")

/** A question in the studio's protocol, and nothing that may have come along. @param {unknown} data @returns {StudioMessage | null} */
function questionOf(data) {
  if (typeof data !== "object" || data === null) return null
  const { id, type, statement, statements } = /** @type {Record<string, unknown>} */ (data)
  if (typeof id !== "number" && typeof id !== "string") return null
  if (type === "query" && typeof statement === "string") return { id, body: { type, statement } }
  if (
    type === "transaction" &&
    Array.isArray(statements) &&
    statements.every((one) => typeof one === "string")
  )
    return { id, body: { type, statements } }
  return null
}

/** @param {StudioMessage} question @returns {Promise<object>} */
async function answerTo({ id, body }) {
  const { type } = body
  try {
    return { id, type, data: await post(body) }
  } catch (error) {
    return { id, type, error: error instanceof Error ? error.message : String(error) }
  }
}

/** @param {string} address */
function frameStudio(address) {
  const { origin } = new URL(address)
  const frame = h("iframe", {
    title: "Outerbase studio",
    sandbox: "allow-scripts allow-same-origin",
    referrerpolicy: "no-referrer",
    allow: "",
  })
  addEventListener("message", async (event) => {
    const studio = frame.contentWindow
    if (studio === null || event.source !== studio || event.origin !== origin) return
    const question = questionOf(event.data)
    if (question !== null) studio.postMessage(await answerTo(question), origin)
  })
  frame.src = address
  const here = h("a", { href: location.pathname }, "SQL console")
  const title = h("h1", { class: "visually-hidden" }, "Outerbase studio")
  const words = h("p", {}, "Below: a page of another company. If it stays empty, use the ", here, ".")
  fill(page, h("div", { class: "state muted" }, title, words), frame)
  frame.focus()
}

open?.addEventListener("click", () => frameStudio(open.dataset.frame ?? ""), { once: true })
document.documentElement.dataset.ready = ""
