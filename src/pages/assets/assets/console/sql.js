// @ts-check
/** @import { GroupFields } from "../../types.js" */

/** Writing SQL: names, paths and the queries to start from. */

/** @param {string} text */
const literal = (text) => `'${text.replaceAll("'", "''")}'`

/** A user's column may be called `order`. @param {string} name */
export const quoted = (name) => `"${name.replaceAll('"', '""')}"`

/** A field of a JSON column, or null for a name that SQLite's paths cannot say. @param {string} column @param {string} field */
export function fieldOf(column, field) {
  if (field.includes("\0")) return null
  return `${column} ->> ${literal(`$.${/^[A-Za-z_]\w*$/.test(field) ? field : JSON.stringify(field)}`)}`
}

/** @param {GroupFields} fields @returns {{ name: string, sql: string }[]} */
export function starters({ columns, outputs, text }) {
  // A name that the view spells otherwise is asked for by another column.
  const answer = outputs.find((name) => columns.includes(name)) ?? columns[0] ?? "$status"
  const first = columns[0] ?? "$id"
  return [
    { name: "Results", sql: "SELECT *\nFROM results\nLIMIT 100" },
    {
      name: "Counts by status",
      sql: 'SELECT "$status" AS status, count(*) AS rows\nFROM results\nGROUP BY "$status"\nORDER BY rows DESC',
    },
    {
      name: "Most frequent answers",
      sql: `SELECT ${quoted(answer)}, count(*) AS rows, min(${quoted(first)}) AS "for example"\nFROM results\nGROUP BY ${quoted(answer)}\nORDER BY rows DESC\nLIMIT 20`,
    },
    {
      name: "Failed rows",
      sql: "SELECT input_index, error ->> '$.message' AS reason, input, run_id\nFROM runs\nWHERE status = 'failed'\nORDER BY input_index\nLIMIT 100",
    },
    {
      name: "Low confidence",
      sql: `SELECT input_index, field.key AS field, ${text ? "content ->> '$'" : "content ->> ('$.' || json_quote(field.key))"} AS value, input\nFROM runs\nJOIN json_each(runs.confidence) AS field\nWHERE field.value = 'low'\nORDER BY input_index\nLIMIT 100`,
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
