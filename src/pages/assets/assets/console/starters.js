// @ts-check

import { byId, fill, h } from "../shared/dom.js"

/** @param {{ name: string, sql: string }[]} queries @param {(sql: string, button: HTMLElement) => void} run */
export const drawStarters = (queries, run) =>
  fill(
    byId("starters"),
    queries.map(({ name, sql }) =>
      h(
        "button",
        {
          type: "button",
          class: "small",
          onclick: (/** @type {Event} */ { currentTarget }) =>
            run(sql, /** @type {HTMLElement} */ (currentTarget)),
        },
        name,
      ),
    ),
  )
