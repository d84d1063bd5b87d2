// @ts-check
/** @import { MultitaskRequest } from "../../types.js" */

import { byId, copyText, setText } from "../shared/dom.js"
import { kindOf } from "../shared/domain.js"
import { count } from "../shared/format.js"
import { packed } from "./packed.js"
import { withoutSecrets } from "./secrets.js"

/** Longer ones are cut by programs that pass them on. */
const MOST_LINK = 32_000
/** Up to here a link is written so that people can read and change it. */
const MOST_PLAIN = 2_000
/** What is shorter is in many texts by chance. */
const SHORTEST_KEY = 8

/** A request as what stands behind the # of a link: all that may be told. @param {MultitaskRequest} request */
function fragmentOf({
  inputs,
  output_type,
  output_description,
  output_schema,
  processor,
  webhook_url,
  more,
}) {
  /** @type {[string, string | undefined][]} */
  const parts = [
    ["question", output_description],
    ["output_type", output_type === "text" ? output_type : undefined],
    ["output_schema", output_schema],
    ["processor", processor],
    ["webhook_url", webhook_url],
  ]
  for (const [name, json] of more ?? [])
    if (name !== "webhook_secret") {
      const open = withoutSecrets(name, json)
      parts.push([name, kindOf(open) === "string" ? JSON.parse(open) : open])
    }
  if ("url" in inputs) parts.push(["inputs_url", inputs.url])
  else if (inputs.length > 0) parts.push(["rows", `[${inputs.join(",")}]`])
  parts.push(["rest", "empty"])
  return parts
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${encodeURIComponent(value ?? "")}`)
    .join("&")
}

/** "Copy a link to this form". */
export class CopyLink {
  #note = byId("link-note")

  /** @param {() => { request: MultitaskRequest, apiKey: string }} read */
  constructor(read) {
    this.read = read
    byId("copy-link").addEventListener("click", (event) => {
      // Not there any more, once this has waited for anything.
      const button = /** @type {HTMLElement} */ (event.currentTarget)
      void this.#copy(button)
    })
  }

  /** @param {HTMLElement} button */
  async #copy(button) {
    const { request, apiKey } = this.read()
    const plain = fragmentOf(request)
    const key = encodeURIComponent(apiKey)
    if (key.length >= SHORTEST_KEY && plain.includes(key)) {
      setText(
        this.#note,
        "Not copied: your API key stands among the texts of this form. Take it out of them.",
      )
      return
    }
    const fragment = plain.length > MOST_PLAIN ? `packed=${await packed(plain)}` : plain
    if (fragment.length > MOST_LINK) {
      setText(
        this.#note,
        `Not copied: the link would have ${count(fragment.length)} characters, and more than ${count(MOST_LINK)} are cut on the way. Put the rows behind an https address and give that (“From a URL”), or link to fewer rows.`,
      )
      return
    }
    const left = ["your API key"]
    if (request.more?.has("webhook_secret")) left.push("the webhook secret")
    if (request.more?.has("mcp_servers")) left.push("headers of MCP servers")
    setText(
      this.#note,
      `${count(fragment.length)} characters, without ${left.join(" and ")}. Who opens it sees this form, and sends nothing by that.`,
    )
    await copyText(`${location.origin}/#${fragment}`, button)
  }
}
