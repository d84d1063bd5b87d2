import type { Dice } from "../simulation/effects.ts"
import { CORPUS, type CorpusEntry, INPUT_COLUMNS, OUTPUT_COLUMNS } from "./sqlCorpus.ts"

export { CORPUS, type CorpusEntry, INPUT_COLUMNS, OUTPUT_COLUMNS }

/**
 * Statements for a group's SQL, drawn from a seed: honest questions about a list of companies, attacks, and what becomes
 * of either when its text is damaged.
 */

const COLUMNS = ['"$status"', ...INPUT_COLUMNS, ...OUTPUT_COLUMNS]
const SHORT = ["company", "domain", "country", "ceo", "industry", '"$status"'] as const
const NUMBERS = ["founded", "employees", "revenue"] as const

const column = (dice: Dice): string => dice.pick(COLUMNS)
const text = (dice: Dice): string =>
  dice.pick(["'Germany'", "'A%'", "'completed'", "'O''Brien'", "''", "'ü 🦄'", "'%soft%'", "'2026-01-01'"])
const number = (dice: Dice): string =>
  dice.pick(["0", "1", "-1", "100", "2000", "1.5", "1e3", "9007199254740993", "9223372036854775807", "0x10"])

const scalar = (dice: Dice, deep: number): string => {
  if (deep <= 0) return dice.pick([column, column, text, number])(dice)
  const inner = () => scalar(dice, deep - 1)
  const of = dice.pick<() => string>([
    () => column(dice),
    () => `${dice.pick(["upper", "lower", "trim", "length", "typeof", "abs"])}(${inner()})`,
    () => `coalesce(${inner()}, ${inner()})`,
    () =>
      `(${inner()} ${dice.pick(["+", "-", "*", "/", "%"])} ${dice.pick([number, (d: Dice) => d.pick(NUMBERS)])(dice)})`,
    () => `substr(${dice.pick(SHORT)}, ${dice.whole(1, 3)}, ${dice.whole(1, 5)})`,
    () => `CASE WHEN ${condition(dice, deep - 1)} THEN ${inner()} ELSE ${inner()} END`,
    () => `CAST(${inner()} AS ${dice.pick(["INTEGER", "REAL", "TEXT"])})`,
    () => `(${dice.pick(SHORT)} || ' ' || ${dice.pick(SHORT)})`,
    () => `iif(${condition(dice, deep - 1)}, ${inner()}, ${inner()})`,
    () =>
      `date(${dice.pick(["'2026-01-31'", "company", "founded"])}${dice.pick(["", ", '+1 month'", ", 'start of year'"])})`,
    () => `replace(${dice.pick(SHORT)}, 'a', '-')`,
    () => `round(${dice.pick(NUMBERS)} / 7.0, 2)`,
    () => `(SELECT ${dice.pick(["max", "min", "count", "avg"])}(${dice.pick(NUMBERS)}) FROM results)`,
  ])
  return of()
}

const condition = (dice: Dice, deep: number): string => {
  const of = dice.pick<() => string>([
    () =>
      `${scalar(dice, deep - 1)} ${dice.pick(["=", "<>", "<", ">=", "IS", "IS NOT", "=="])} ${scalar(dice, deep - 1)}`,
    () => `${dice.pick(SHORT)} ${dice.pick(["", "NOT "])}LIKE ${text(dice)}`,
    () => `${dice.pick(NUMBERS)} BETWEEN ${number(dice)} AND ${number(dice)}`,
    () => `${column(dice)} IS ${dice.pick(["", "NOT "])}NULL`,
    () => `${dice.pick(SHORT)} ${dice.pick(["", "NOT "])}IN (${text(dice)}, ${text(dice)})`,
    () => `country IN (SELECT country FROM results WHERE ${dice.pick(NUMBERS)} > ${number(dice)})`,
    () => `"$id" IN (SELECT run_id FROM runs WHERE status = 'completed')`,
    () => `EXISTS (SELECT 1 FROM runs x WHERE x.run_id = "$id" AND x.status = ${text(dice)})`,
    () =>
      deep <= 0
        ? "1"
        : `(${condition(dice, deep - 1)} ${dice.pick(["AND", "OR"])} ${condition(dice, deep - 1)})`,
    () => (deep <= 0 ? "NOT 0" : `NOT (${condition(dice, deep - 1)})`),
  ])
  return of()
}

const maybe = (dice: Dice, make: () => string, probability = 0.5): string =>
  dice.chance(probability) ? ` ${make()}` : ""
const where = (dice: Dice): string => maybe(dice, () => `WHERE ${condition(dice, 2)}`, 0.6)
const limit = (dice: Dice): string =>
  maybe(dice, () => `LIMIT ${dice.whole(0, 50)}${maybe(dice, () => `OFFSET ${dice.whole(0, 9)}`, 0.3)}`)

const plain = (dice: Dice): string => {
  const selected = Array.from(
    { length: dice.whole(1, 4) },
    (_, at) => `${scalar(dice, 2)}${maybe(dice, () => `AS c${at}`)}`,
  )
  const order = maybe(
    dice,
    () => `ORDER BY ${dice.pick(SHORT)}${dice.pick(["", " DESC", " COLLATE NOCASE", " NULLS LAST"])}, "$id"`,
  )
  return `SELECT ${maybe(dice, () => "DISTINCT ", 0.1)}${selected.join(", ")} FROM results${where(dice)}${order}${limit(dice)}`
}

const aggregate = (dice: Dice): string =>
  dice.pick([
    "count(*)",
    ...NUMBERS.flatMap((name) => [`sum(${name})`, `avg(${name})`, `max(${name})`, `total(${name})`]),
    `count(DISTINCT ${dice.pick(SHORT)})`,
    "count(*) FILTER (WHERE founded > 2000)",
  ])

const grouped = (dice: Dice): string => {
  const by = dice.pick<string>([...SHORT, "founded / 10 * 10", "substr(company, 1, 1)", "employees > 500"])
  return `SELECT ${by} AS k, ${aggregate(dice)} AS n FROM results${where(dice)} GROUP BY ${dice.pick([by, "k", "1"])}${maybe(dice, () => `HAVING ${dice.pick(["n > 1", "count(*) > 2", "max(employees) IS NOT NULL"])}`, 0.3)} ORDER BY k, n${limit(dice)}`
}

const windowed = (dice: Dice): string =>
  `SELECT company, ${dice.pick(["row_number()", "rank()", "dense_rank()", `sum(${dice.pick(NUMBERS)})`, "count(*)", "lag(company)", "first_value(company)", "ntile(4)"])} OVER (${maybe(dice, () => `PARTITION BY ${dice.pick(SHORT)}`)} ORDER BY ${dice.pick([...NUMBERS, ...SHORT])}, "$id") AS w FROM results${where(dice)} ORDER BY "$id"${limit(dice)}`

const joined = (dice: Dice): string =>
  dice.pick([
    `SELECT r.company, x.status FROM results r ${dice.pick(["JOIN", "LEFT JOIN", "INNER JOIN"])} runs x ON x.run_id = r."$id"${maybe(dice, () => "WHERE x.status = 'completed'")} ORDER BY 1, 2${limit(dice)}`,
    `SELECT t.value, count(*) AS n FROM results r, json_each(r.tags) t GROUP BY 1 ORDER BY 2 DESC, 1${limit(dice)}`,
    `SELECT j.key, j.value FROM runs, json_each(runs.confidence) j WHERE j.value = 'low' ORDER BY runs.id, j.key${limit(dice)}`,
    `SELECT content ->> '$.${dice.pick(OUTPUT_COLUMNS)}' AS v, input ->> '${dice.pick(INPUT_COLUMNS)}' AS i FROM runs ORDER BY id${limit(dice)}`,
    `SELECT json_extract(content, '$.${dice.pick(OUTPUT_COLUMNS)}') AS v, count(*) FROM runs GROUP BY v ORDER BY v${limit(dice)}`,
  ])

const combined = (dice: Dice): string => {
  const side = () => `SELECT ${dice.pick(SHORT)} FROM results${where(dice)}`
  return `${side()} ${dice.pick(["UNION", "UNION ALL", "EXCEPT", "INTERSECT"])} ${side()} ORDER BY 1${limit(dice)}`
}

const nested = (dice: Dice): string => {
  const inner = dice.pick([grouped, windowed])
  return dice.chance(0.5)
    ? `WITH t AS (${inner(dice)}) SELECT * FROM t ORDER BY 1, 2`
    : `SELECT count(*) FROM (${inner(dice)}) AS t`
}

const asked = (dice: Dice): string =>
  dice.pick([
    "SELECT name, type FROM sqlite_schema ORDER BY name",
    "PRAGMA table_info(results)",
    "PRAGMA table_info('runs')",
    `EXPLAIN QUERY PLAN ${plain(dice)}`,
    "SELECT * FROM details",
    "SELECT count(*), min(created_at), max(modified_at) FROM runs",
    "SELECT status, count(*) FROM runs GROUP BY status ORDER BY 1",
  ])

const HONEST_KINDS = [plain, plain, plain, grouped, grouped, windowed, joined, combined, nested, asked]

/** A question that somebody could ask; its rows come in a certain order or can be told apart without one. */
export const honestStatement = (dice: Dice): string => dice.pick(HONEST_KINDS)(dice)

const repeated = (dice: Dice, make: (at: number) => string, most: number, between = ", "): string =>
  Array.from({ length: dice.whole(2, most) }, (_, at) => make(at)).join(between)

const constants = (dice: Dice, most: number): string => `(VALUES ${repeated(dice, () => "(1)", most)})`
const source = (dice: Dice): string =>
  dice.pick<() => string>([
    () => "runs",
    () => "results",
    () => "details",
    () => constants(dice, 220),
    () => `json_each('[${repeated(dice, () => "1", 3_000, ",")}]')`,
    () => "json_tree((SELECT input FROM runs LIMIT 1))",
    () => "(SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3)",
    () => "(SELECT * FROM runs LIMIT 999999999)",
    () => "sqlite_schema",
    () => "pragma_function_list",
    () => "(WITH c AS (SELECT id FROM runs) SELECT p.id FROM c p, c q)",
  ])()

const growth = (dice: Dice, deep: number): string => {
  if (deep <= 0)
    return dice.pick([
      "'aaaaaaaaaaaaaaaa'",
      "hex(zeroblob(50000))",
      "input",
      "randomblob(900000)",
      "char(65, 66)",
      "quote(input)",
    ])
  const inner = () => growth(dice, deep - 1)
  return dice.pick<() => string>([
    () => `replace(${inner()}, 'a', ${inner()})`,
    () => `(${inner()} || ${inner()})`,
    () => `hex(${inner()})`,
    () => `printf('%*s%s', ${dice.pick(["9", "900000", "2000000000"])}, ${inner()}, ${inner()})`,
    () => `format('%.${dice.pick(["9", "900000"])}f', 1)`,
    () => `concat(${inner()}, ${inner()}, ${inner()})`,
    () => `concat_ws(${inner()}, ${inner()}, ${inner()}, ${inner()})`,
    () => `json_quote(${inner()})`,
    () => `json_array(${inner()}, ${inner()})`,
    () => `(SELECT group_concat(${inner()}, ${inner()}) FROM ${source(dice)})`,
    () => `(SELECT json_group_array(${inner()}) FROM ${source(dice)})`,
    () => `instr(${inner()}, ${inner()})`,
    () => `strftime(${inner()}, 'now')`,
  ])()
}

const hostileKinds: ReadonlyArray<(dice: Dice) => string> = [
  (dice) => `SELECT count(*) FROM ${repeated(dice, (at) => `${source(dice)} t${at}`, 5)}`,
  (dice) =>
    `SELECT count(*) FROM ${repeated(dice, (at) => `${source(dice)} t${at}`, 4, ` ${dice.pick(["CROSS JOIN", "LEFT JOIN", "NATURAL JOIN", "FULL JOIN", "JOIN"])} `)}`,
  (dice) => `SELECT ${growth(dice, dice.whole(1, 4))}`,
  (dice) => `SELECT length(${growth(dice, dice.whole(1, 4))}) FROM runs`,
  (dice) =>
    `SELECT max(${growth(dice, 2)}) FROM runs GROUP BY ${growth(dice, 1)} ORDER BY ${growth(dice, 1)}`,
  (dice) => {
    const deep = dice.whole(3, 22)
    const levels = Array.from(
      { length: deep },
      (_, at) =>
        `a${at + 1} AS ${dice.pick(["", "MATERIALIZED ", "NOT MATERIALIZED "])}(SELECT p.x FROM a${at} p, a${at} q)`,
    )
    return `WITH a0(x) AS (SELECT ${dice.pick(["1", "id FROM runs"])}), ${levels.join(", ")} SELECT count(*) FROM a${deep}`
  },
  (dice) => {
    const name = dice.pick(["n", '"n"', "[n]", "`n`", "é", "N", "'n'"])
    return `WITH ${dice.pick(["", "RECURSIVE "])}${name}(i) AS (SELECT 1 UNION${dice.pick([" ALL", ""])} SELECT i + 1 FROM ${name}${dice.pick(["", " WHERE i < 99999999", " LIMIT 99999999"])}) SELECT count(*) FROM ${name}`
  },
  (dice) =>
    `SELECT count(*) FROM runs WHERE ${dice.pick(["input", "output", "content"])} ${dice.pick(["LIKE", "GLOB"])} ${dice.pick([`'${dice.pick(["%a", "*a", "[a-z]*"]).repeat(dice.whole(10, 9_000))}'`, "(SELECT group_concat(input, '%') FROM runs)", "input || '%' || output"])}`,
  (dice) =>
    `SELECT (SELECT count(*) FROM runs b WHERE b.status ${dice.pick(["=", "<", "<>"])} a.status AND (SELECT count(*) FROM runs c WHERE c.id > b.id) > 0) FROM runs a`,
  (dice) =>
    `SELECT sum(id) OVER (ORDER BY id ${dice.pick(["ROWS", "RANGE", "GROUPS"])} BETWEEN ${dice.pick(["1000", "CURRENT ROW", "UNBOUNDED PRECEDING"])} ${dice.pick(["PRECEDING", ""])} AND 1000 FOLLOWING ${dice.pick(["", "EXCLUDE TIES"])}) FROM runs`,
  (dice) =>
    `${dice.pick(["", "WITH a AS (SELECT 1) ", "/* */ ", "EXPLAIN ", "-- x\n"])}${dice.pick(["UPDATE runs SET output = zeroblob(1000000)", "DELETE FROM runs", "INSERT INTO runs SELECT * FROM runs", "REPLACE INTO details SELECT * FROM details", "DROP TABLE runs", "CREATE TABLE evil AS SELECT 1", "ATTACH ':memory:' AS evil", "VACUUM", "PRAGMA case_sensitive_like = on", "PRAGMA writable_schema(1)", "PRAGMA recursive_triggers = 1"])}${dice.pick(["", " RETURNING *", ";", "; SELECT 1"])}`,
  (dice) =>
    `SELECT ${dice.pick(["(", "-", "NOT ", "~", "+ ", "CAST(", "abs("]).repeat(dice.whole(50, 9_000))}1`,
  (dice) =>
    dice
      .pick(["[", "(", "'", '"', "`", "/*", "--", "\0", "\u2003", ";", "$a(", "🦄", "((", "'' "])
      .repeat(dice.whole(1, 60_000)),
  (dice) => repeated(dice, () => "SELECT 1", 600, ` ${dice.pick(["UNION ALL", "UNION", "EXCEPT"])} `),
  (dice) => `SELECT ${repeated(dice, () => dice.pick(["*", "r.*", "1", "input"]), 500)} FROM runs r`,
  (dice) => `SELECT * FROM runs ORDER BY ${repeated(dice, () => growth(dice, 1), 60)}`,
]

/** An attack, or what looks like one: whether it may run is the guard's to say, that it takes long is wrong anyhow. */
export const hostileStatement = (dice: Dice): string => dice.pick(hostileKinds)(dice)

const DOCUMENTS = ["input", "content", "output", "confidence", "error"]
const heavyValue = (dice: Dice, of: string, deep: number): string => {
  const document = `${of}${dice.pick(DOCUMENTS)}`
  if (deep <= 0) return dice.pick([document, `${of}run_id`, `${of}id`, `${of}status`])
  const inner = () => heavyValue(dice, of, deep - 1)
  return dice.pick<() => string>([
    () => `upper(${inner()})`,
    () => `(${inner()} || ${inner()})`,
    () =>
      `replace(${inner()}, '${dice.pick(["a", "r", "e", '"', "{"])}', '${dice.pick(["", "b", "ab", "abcdefgh"])}')`,
    () => `substr(${inner()}, ${dice.whole(1, 9)}, ${dice.whole(1, 400)})`,
    () =>
      `json_extract(${document}, '$.${dice.pick(["ceo", "company", "basis[0].reasoning", "tags", "nothing"])}')`,
    () => `json_extract(${document} || ' ', '$.${dice.pick(["ceo", "basis", "employees"])}')`,
    () => `json_array(${inner()}, ${inner()})`,
    () => `json_set(${document}, '$.a', ${inner()})`,
    () => `trim(${inner()}, '${dice.pick(['{"', "r", "abcdefghijklmnopqrstuvwxyz"])}')`,
    () => `instr(${inner()}, ${inner()})`,
    () =>
      `(${inner()} LIKE '%${dice.pick(["r", "a%b%c", "rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrx", "_______", "r%r%r%r%r%r%r%r%r%r%r%r%r%x"])}%')`,
    () =>
      `(${inner()} GLOB '*${dice.pick(["r", "[a-z][a-z]", "rrrrrrrrrrrrrrrrrrrrrrrrrrrx", "r*r*r*r*r*r*r*r*x"])}*')`,
    () => `quote(${inner()})`,
    () => `strftime('%Y-%m-%d %H:%M:%f', ${inner()})`,
    () => `CASE WHEN ${inner()} < ${inner()} THEN ${inner()} ELSE ${inner()} END`,
    () => `(${inner()} IN (SELECT ${heavyValue(dice, "", deep - 1)} FROM runs))`,
  ])()
}

/** Not refused for what it asks, but for how much, if at all: what runs must be as quick as it was thought to be. */
export const heavyStatement = (dice: Dice): string => {
  const few = () =>
    `(SELECT * FROM ${dice.pick(["runs", "runs", "runs ORDER BY id DESC"])} LIMIT ${dice.pick([1, 3, 10, 40, 200, 1_000])})`
  const from = dice.pick<() => string>([
    () => "runs a",
    () => "runs a",
    () => `${few()} b CROSS JOIN runs a`,
    () => `runs a CROSS JOIN ${few()} b`,
    () => `${few()} a JOIN ${few()} b ON a.id <> b.id`,
    () => `runs a JOIN json_each(a.${dice.pick(DOCUMENTS)}) j`,
    () => `runs a LEFT JOIN runs b ON b.run_id = a.run_id`,
    () => `runs a JOIN results b ON b."$id" = a.run_id`,
  ])()
  const value = () => heavyValue(dice, "a.", dice.whole(1, 3))
  const selected = dice.pick<() => string>([
    () => `count(*), max(${value()})`,
    () => `count(DISTINCT ${value()})`,
    () => `length(group_concat(${value()}))`,
    () => `sum(length(${value()})), sum(length(${value()}))`,
    () => `DISTINCT ${value()}`,
    () => `${value()} AS v, row_number() OVER (PARTITION BY ${value()} ORDER BY ${value()})`,
    () => `max(${value()}) OVER (ORDER BY ${value()})`,
    value,
  ])()
  const where = maybe(dice, () => `WHERE ${value()} <> ${value()}`, 0.4)
  const group = maybe(dice, () => `GROUP BY ${value()}`, 0.3)
  const order = maybe(dice, () => `ORDER BY ${value()}`, 0.4)
  const whole = `SELECT ${selected} FROM ${from}${where}${group}${order}`
  return dice.chance(0.7) ? `SELECT count(*) FROM (${whole})` : `${whole} LIMIT ${dice.whole(1, 100)}`
}

const PIECES = [
  "'",
  '"',
  "`",
  "[",
  "]",
  "(",
  ")",
  ";",
  "--",
  "/*",
  "*/",
  "\0",
  "\u00a0",
  "\u2028",
  "\uFEFF",
  "\uD800",
  "?",
  "$x",
  "@a",
  ":a",
  ",",
  "*",
  "||",
  "->>",
  "x'",
  "0x",
  "1e",
  "NULL",
  " UNION ALL SELECT ",
  " FROM runs ",
  " WITH ",
  " NOT ",
  " LIMIT -1 ",
  "DELETE FROM runs",
  " COLLATE ",
  " OVER () ",
  "%",
  "é",
  "🦄",
]

/** A statement of the corpus, damaged once or more: pieces put in, cut out, doubled, joined with those of another. */
export const mutatedStatement = (dice: Dice, corpus: ReadonlyArray<CorpusEntry>): string => {
  let sql = dice.pick(corpus).sql
  for (let left = dice.whole(1, 4); left > 0; left--) {
    const at = dice.whole(0, sql.length)
    const to = Math.min(sql.length, at + dice.whole(0, 20))
    const how = dice.pick<() => string>([
      () => sql.slice(0, at) + dice.pick(PIECES) + sql.slice(at),
      () => sql.slice(0, at) + sql.slice(to),
      () => sql.slice(0, to) + sql.slice(at),
      () => sql.slice(0, at) + String.fromCharCode(dice.whole(0, 300)) + sql.slice(at + 1),
      () => {
        const other = dice.pick(corpus).sql
        return sql.slice(0, at) + other.slice(dice.whole(0, other.length))
      },
      () => sql.replace(/\b(?:results|runs)\b/, () => `(${dice.pick(corpus).sql})`),
      () =>
        dice.chance(0.5) ? sql.toUpperCase() : sql.replaceAll(" ", dice.pick(["\t", "\n", "/**/", "\u2003"])),
    ])
    sql = how().slice(0, 200_000)
  }
  return sql
}
