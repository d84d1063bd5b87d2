// @ts-check
/** @import { Database, Sqlite3Static } from "@sqlite.org/sqlite-wasm" */

/** The group's tables and its view, made anew in memory of what `/{id}.jsonl?table=` tells. */

/** Why the rows did not come, in words for the reader. */
export class LoadError extends Error {}

/** How far it is. `of`: rows there are to come at least, null until that is known. @typedef {{ rows: number, of: number | null, bytes: number }} Progress */

/** So often, in ms, is told how far it is. */
const TOLD_EVERY = 100

/** @param {string} name */
const quoted = (name) => `"${name.replaceAll('"', '""')}"`

/** @param {string} group its address, without a format @param {string} table */
async function ask(group, table) {
  /** @type {Response} */
  let response
  try {
    response = await fetch(`${group}.jsonl?table=${table}`, { cache: "no-store" })
  } catch {
    throw new LoadError("The rows cannot be loaded: the server cannot be reached.")
  }
  if (response.ok) return response
  await response.body?.cancel()
  throw new LoadError(
    response.status === 404
      ? "The rows cannot be loaded: this task group is not there any more."
      : `The rows cannot be loaded: the server answered with ${response.status}. Try again in a moment.`,
  )
}

/** @returns {LoadError} */
const brokeOff = () => new LoadError("The rows cannot be loaded: the answer broke off before its end.")

/**
 * Lines as they come, with the bytes that were read for them.
 * @param {Response} response @returns {AsyncGenerator<{ lines: string[], bytes: number }>}
 */
async function* linesOf(response) {
  if (response.body === null) throw brokeOff()
  const reader = response.body.getReader()
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true })
  let rest = ""
  for (;;) {
    const { done, value } = await reader.read().catch(() => {
      throw brokeOff()
    })
    if (done) break
    const lines = (rest + decoder.decode(value, { stream: true })).split("\n")
    rest = lines.pop() ?? ""
    yield { lines, bytes: value.byteLength }
  }
  if (rest !== "") throw brokeOff()
}

/** Every line's columns and values, in their order. @param {string} group @param {string} table */
async function rowsOf(group, table) {
  /** @type {{ [column: string]: string | number | null }[]} */
  const rows = []
  for await (const { lines } of linesOf(await ask(group, table)))
    rows.push(...lines.map((line) => JSON.parse(line)))
  return rows
}

/**
 * Puts the rows of an answer into a table, as they come.
 * @param {Database} db @param {string} table @param {Response} answer @param {(rows: number, bytes: number, last: object) => void} told
 */
async function insertAll(db, table, answer, told) {
  /** @type {ReturnType<Database["prepare"]> | null} */
  let insert = null
  let rows = 0
  let read = 0
  try {
    for await (const { lines, bytes } of linesOf(answer)) {
      read += bytes
      for (const line of lines) {
        const row = JSON.parse(line)
        const values = Object.values(row)
        insert ??= db.prepare(
          `INSERT INTO ${table} (${Object.keys(row).map(quoted).join()}) VALUES (${values.map(() => "?").join()})`,
        )
        insert.bind(values).stepReset()
        told(++rows, read, row)
      }
    }
  } finally {
    insert?.finalize()
  }
  return { rows, bytes: read }
}

/**
 * Makes the database. What was written while it was read may be newer than the beginning.
 * @param {Sqlite3Static} sqlite @param {string} group its address, without a format @param {(progress: Progress) => void} told
 */
export async function loadGroup(sqlite, group, told) {
  const asOf = Date.now()
  const [schema, [details]] = await Promise.all([rowsOf(group, "sqlite_schema"), rowsOf(group, "details")])
  if (details === undefined) throw brokeOff()
  const of = Number(details["num_inputs"])
  told({ rows: 0, of, bytes: 0 })
  const db = new sqlite.oo1.DB(":memory:", "c")
  db.exec("PRAGMA temp_store = MEMORY; PRAGMA journal_mode = OFF; BEGIN")
  const made = (/** @type {string} */ type) =>
    schema.filter((one) => one["type"] === type).forEach((one) => db.exec(String(one["sql"])))
  made("table")
  const columns = Object.keys(details)
  db.exec({
    sql: `INSERT INTO details (${columns.map(quoted).join()}) VALUES (${columns.map(() => "?").join()})`,
    bind: Object.values(details),
  })
  let inputs = 0
  let toldAt = 0
  const { rows, bytes } = await insertAll(db, "runs", await ask(group, "runs"), (count, read, row) => {
    inputs = /** @type {{ input_index: number }} */ (row).input_index + 1
    const now = performance.now()
    if (now - toldAt < TOLD_EVERY) return
    toldAt = now
    told({ rows: count, of: Math.max(of, count), bytes: read })
  })
  // A connection may end without saying that it was cut.
  if (inputs < of) throw brokeOff()
  made("view")
  // What a query then changes stays in this copy, and its own errors take it back.
  db.exec("COMMIT; PRAGMA journal_mode = MEMORY")
  return { db, rows, bytes, asOf }
}
