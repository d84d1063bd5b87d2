// @ts-check
/** @import { Database, Sqlite3Static } from "@sqlite.org/sqlite-wasm" */
/** @import { Progress } from "../sqlite/load.js" */
/** @import { Answer } from "../sqlite/answer.js" */

import makeSqlite from "@sqlite.org/sqlite-wasm"
import { answer, StatementError } from "../sqlite/answer.js"
import { LoadError, loadGroup } from "../sqlite/load.js"

/**
 * SQLite with a group's rows, in a thread of its own: whoever made it stops a statement by ending it. The database is in
 * memory, and nothing of it is kept.
 *
 * @typedef {{ type: "load", group: string } | { type: "query", sql: string }} Asked
 * @typedef {{ type: "progress" } & Progress} Told
 * @typedef {{ type: "loaded", rows: number, bytes: number, asOf: number, version: string }} Loaded
 * @typedef {{ type: "answer", answer: Answer }} Answered
 * @typedef {{ type: "failed", message: string }} Failed
 */

/** @type {Promise<Sqlite3Static> | null} */
let made = null
/** @type {{ sqlite: Sqlite3Static, db: Database } | null} */
let open = null

/** It would look for storage that outlasts the page, and say on the console that there is none. */
const config = /** @type {{ sqlite3ApiConfig?: object }} */ (globalThis)
config.sqlite3ApiConfig = {
  disable: { vfs: { opfs: true, "opfs-wl": true, "opfs-sahpool": true, kvvfs: true } },
}

/** @param {string} group @returns {Promise<Loaded>} */
async function load(group) {
  made ??= makeSqlite()
  const sqlite = await made.catch(() => {
    made = null
    throw new LoadError("SQLite cannot be loaded into this browser. Try again in a moment.")
  })
  open?.db.close()
  open = null
  const { db, ...loaded } = await loadGroup(sqlite, group, (progress) =>
    postMessage(/** @type {Told} */ ({ type: "progress", ...progress })),
  )
  open = { sqlite, db }
  return { type: "loaded", ...loaded, version: sqlite.version.libVersion }
}

/** @param {Asked} asked @returns {Promise<Loaded | Answered>} */
async function respond(asked) {
  if (asked.type === "load") return load(asked.group)
  if (open === null) throw new LoadError("The rows are not loaded.")
  return { type: "answer", answer: answer(open.sqlite, open.db, asked.sql) }
}

addEventListener("message", (/** @type {MessageEvent<Asked>} */ event) => {
  respond(event.data).then(
    (told) => postMessage(told),
    (error) => {
      const isTold = error instanceof LoadError || error instanceof StatementError
      const message = isTold
        ? error.message
        : `SQLite in this browser failed: ${error instanceof Error ? error.message : "unknown"}`
      postMessage(/** @type {Failed} */ ({ type: "failed", message }))
    },
  )
})
