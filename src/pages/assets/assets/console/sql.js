// @ts-check
/** @import { GroupFields } from "../../types.js" */

/** Writing SQL: names, paths and the queries to start from. */

/** @param {string} text */
const literal = (text) => `'${text.replaceAll("'", "''")}'`

/** @param {string} name */
export const identifier = (name) => (/^[a-z_]+$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`)

/** A field of a JSON column, or null for a name that SQLite's paths cannot say. @param {string} column @param {string} field */
export function fieldOf(column, field) {
  if (/["\\\u0000-\u001f]/.test(field) || field === "") return null
  return `${column} ->> ${literal(/^[A-Za-z_]\w*$/.test(field) ? `$.${field}` : `$."${field}"`)}`
}

/** Always in quotes: a field may be called `order`. @param {string} name */
const alias = (name) => `"${name.replaceAll('"', '""')}"`

/** @param {GroupFields} fields @returns {{ name: string, sql: string }[]} */
export function starters(fields) {
  const selected = ["input_index"]
  for (const name of fields.inputs.slice(0, 1)) {
    const path = fieldOf("input", name)
    if (path) selected.push(`${path} AS ${alias(name)}`)
  }
  // A text output is one JSON text, without fields.
  if (fields.text) selected.push("content ->> '$' AS content")
  else
    for (const name of fields.outputs.slice(0, 1)) {
      const path = fieldOf("content", name)
      if (path) selected.push(`${path} AS ${alias(name)}`, `${fieldOf("confidence", name)} AS confidence`)
    }
  return [
    {
      name: "Counts by status",
      sql: "SELECT status, count(*) AS rows\nFROM runs\nGROUP BY status\nORDER BY rows DESC",
    },
    {
      name: "Failed rows",
      sql: "SELECT input_index, error ->> '$.message' AS reason, input, run_id\nFROM runs\nWHERE status = 'failed'\nORDER BY input_index\nLIMIT 100",
    },
    {
      name: "Low confidence",
      sql: `SELECT input_index, field.key AS field, ${fields.text ? "content ->> '$'" : `content ->> ('$."' || field.key || '"')`} AS value, input\nFROM runs\nJOIN json_each(runs.confidence) AS field\nWHERE field.value = 'low'\nORDER BY input_index\nLIMIT 100`,
    },
    {
      name: "One field",
      sql: `SELECT ${selected.join(",\n       ")}\nFROM runs\nORDER BY input_index\nLIMIT 100`,
    },
    {
      name: "Newest changes",
      sql: "SELECT input_index, status, datetime(updated_at / 1000, 'unixepoch') AS changed_utc, run_id\nFROM runs\nORDER BY change DESC\nLIMIT 20",
    },
    {
      name: "Slowest runs",
      sql: "SELECT input_index, status,\n       round((julianday(modified_at) - julianday(created_at)) * 86400, 1) AS seconds,\n       input\nFROM runs\nWHERE modified_at IS NOT NULL\nORDER BY seconds DESC\nLIMIT 20",
    },
    {
      name: "Most cited sources",
      sql: "SELECT citation.value ->> '$.url' AS url, count(*) AS times\nFROM runs\nJOIN json_each(runs.output, '$.basis') AS basis\nJOIN json_each(basis.value, '$.citations') AS citation\nGROUP BY url\nORDER BY times DESC\nLIMIT 20",
    },
  ]
}
