// @ts-check
/** @import { Suggestion } from "./planner.js" */

import { own } from "../shared/dom.js"

/** What was suggested, in force until something else is asked for. */
export class Suggested {
  /** @type {{ asked: string, suggestion: Suggestion } | null} */
  #last = null

  /** @param {string} asked @param {Suggestion} suggestion */
  take(asked, suggestion) {
    this.#last = { asked, suggestion }
  }

  /** @param {string} asked */
  for(asked) {
    return this.#last?.asked === asked ? this.#last.suggestion : null
  }

  forget() {
    this.#last = null
  }

  draft() {
    return this.#last
  }

  /** @param {unknown} saved */
  restore(saved) {
    const [asked, suggestion] = [own(saved, "asked"), own(saved, "suggestion")]
    const [schema, processor] = [own(suggestion, "schema"), own(suggestion, "processor")]
    const isWhole = typeof asked === "string" && typeof processor === "string"
    this.#last = isWhole
      ? { asked, suggestion: { schema: typeof schema === "string" ? schema : null, processor } }
      : null
  }
}
