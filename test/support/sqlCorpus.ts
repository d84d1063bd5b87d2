/** A statement sent to a group's SQL, and whether it is an honest question or one that must not run. */
export interface CorpusEntry {
  readonly name: string
  readonly sql: string
  readonly expect: "answer" | "refuse"
}

/** The columns of the list that the honest questions are about. */
export const INPUT_COLUMNS = ["company", "domain", "country", "founded"] as const
export const OUTPUT_COLUMNS = ["ceo", "employees", "revenue", "industry", "description", "tags"] as const

/** What people, and language models, ask of a list of companies. */
const HONEST = `
select company, ceo from results
SELECT * FROM results
SELECT * FROM results LIMIT 10
SELECT * FROM results LIMIT 10 OFFSET 20
select company, ceo from results;
SELECT count(*) FROM results
SELECT COUNT(*) AS total FROM results WHERE "$status" = 'completed'
SELECT "$id", "$status", company FROM results ORDER BY company
SELECT company, domain FROM results WHERE country = 'Germany'
SELECT company FROM results WHERE country IN ('Germany', 'France', 'Italy')
SELECT company FROM results WHERE country NOT IN ('Germany', 'France')
SELECT company FROM results WHERE employees > 1000 ORDER BY employees DESC LIMIT 20
SELECT company, employees FROM results WHERE employees BETWEEN 100 AND 500
SELECT company FROM results WHERE employees NOT BETWEEN 100 AND 500
SELECT company FROM results WHERE ceo IS NULL
SELECT company FROM results WHERE ceo IS NOT NULL AND ceo <> ''
SELECT company FROM results WHERE company LIKE 'A%'
SELECT company FROM results WHERE company LIKE '%inc%' OR domain LIKE '%.io'
SELECT company FROM results WHERE company NOT LIKE '%GmbH'
SELECT company FROM results WHERE domain GLOB '*.com'
SELECT company FROM results WHERE company LIKE '50\\%' ESCAPE '\\'
SELECT country, count(*) FROM results GROUP BY country
SELECT country, COUNT(*) AS n FROM results GROUP BY country ORDER BY n DESC
SELECT country, COUNT(*) AS n FROM results GROUP BY 1 ORDER BY 2 DESC LIMIT 5
SELECT country, count(*) AS n FROM results GROUP BY country HAVING n > 10
SELECT country, count(*) FROM results GROUP BY country HAVING count(*) >= 2 ORDER BY count(*) DESC
SELECT industry, avg(employees), min(employees), max(employees) FROM results GROUP BY industry
SELECT industry, sum(revenue) AS total FROM results GROUP BY industry ORDER BY total DESC
SELECT industry, country, count(*) FROM results GROUP BY industry, country ORDER BY industry, country
SELECT DISTINCT country FROM results
SELECT DISTINCT industry, country FROM results ORDER BY 1, 2
SELECT count(DISTINCT country) FROM results
SELECT count(DISTINCT industry) AS industries, count(*) AS n FROM results
SELECT avg(employees) FROM results
SELECT round(avg(employees), 1) AS mean FROM results WHERE employees IS NOT NULL
SELECT min(founded), max(founded) FROM results
SELECT total(revenue) FROM results
SELECT sum(CASE WHEN employees > 500 THEN 1 ELSE 0 END) AS large FROM results
SELECT company, CASE WHEN employees > 1000 THEN 'large' WHEN employees > 100 THEN 'medium' ELSE 'small' END AS size FROM results
SELECT CASE country WHEN 'Germany' THEN 'DE' WHEN 'France' THEN 'FR' ELSE '?' END AS code, count(*) FROM results GROUP BY code
SELECT company, iif(ceo IS NULL, 'unknown', ceo) FROM results
SELECT company, coalesce(ceo, 'unknown') AS ceo FROM results
SELECT company, ifnull(employees, 0) FROM results
SELECT company, nullif(ceo, '') FROM results
SELECT upper(company), lower(domain) FROM results
SELECT trim(company), length(company) FROM results ORDER BY length(company) DESC LIMIT 10
SELECT substr(company, 1, 1) AS letter, count(*) FROM results GROUP BY letter ORDER BY letter
SELECT company || ' (' || country || ')' FROM results
SELECT replace(domain, 'www.', '') FROM results
SELECT company, instr(domain, '.') FROM results
SELECT domain, substr(domain, instr(domain, '.') + 1) AS tld FROM results
SELECT company, revenue / employees AS per_head FROM results WHERE employees > 0 ORDER BY per_head DESC
SELECT company, cast(founded AS INTEGER) AS year FROM results ORDER BY year
SELECT company, CAST(employees AS REAL) / 2 FROM results
SELECT founded / 10 * 10 AS decade, count(*) FROM results GROUP BY decade ORDER BY decade
SELECT company FROM results WHERE founded >= 2000 AND founded < 2010
SELECT company, abs(founded - 2000) AS distance FROM results ORDER BY distance LIMIT 5
SELECT company, founded % 4 = 0 AS leap FROM results
SELECT typeof(employees), count(*) FROM results GROUP BY 1
SELECT company FROM results WHERE typeof(employees) <> 'integer'
SELECT company FROM results ORDER BY company COLLATE NOCASE
SELECT company FROM results ORDER BY ceo IS NULL, ceo
SELECT company FROM results ORDER BY ceo NULLS LAST
SELECT company FROM results ORDER BY country ASC, employees DESC
SELECT r.company, r.ceo FROM results r WHERE r.country = 'France'
SELECT r.company AS "Company name", r.ceo AS "CEO" FROM results AS r
SELECT [company], \`ceo\` FROM "results"
SELECT company FROM results WHERE "$status" != 'completed'
SELECT "$status", count(*) FROM results GROUP BY "$status"
SELECT status, count(*) FROM runs GROUP BY status
SELECT run_id, status FROM runs WHERE status = 'failed'
SELECT run_id, error FROM runs WHERE error IS NOT NULL LIMIT 20
SELECT json_extract(error, '$.message') AS why, count(*) FROM runs WHERE status = 'failed' GROUP BY why
SELECT count(*) FROM runs WHERE status IN ('queued', 'running')
SELECT input_index, status FROM runs ORDER BY input_index
SELECT * FROM details
SELECT taskgroup_id FROM details
SELECT processor, num_inputs, created_at FROM details
SELECT json_extract(metadata, '$.title') FROM details
SELECT metadata ->> '$.title' FROM details
SELECT metadata ->> 'question' FROM details
SELECT task_spec FROM details
SELECT status_message FROM details
SELECT input ->> '$.company' AS company, content ->> '$.ceo' AS ceo FROM runs
SELECT json_extract(input, '$.company') FROM runs LIMIT 5
SELECT json_extract(content, '$.employees') AS n FROM runs WHERE n > 100
SELECT json_extract(content, '$.tags[0]') AS first_tag, count(*) FROM runs GROUP BY first_tag
SELECT json_array_length(content, '$.tags') FROM runs
SELECT json_type(content, '$.employees'), count(*) FROM runs GROUP BY 1
SELECT json_valid(input) FROM runs
SELECT value, count(*) AS n FROM results, json_each(results.tags) GROUP BY value ORDER BY n DESC
SELECT r.company, t.value FROM results r, json_each(r.tags) t
SELECT r.company FROM results r JOIN json_each(r.tags) AS t WHERE t.value = 'software'
SELECT DISTINCT t.value FROM runs, json_each(runs.content, '$.tags') AS t ORDER BY 1
SELECT j.key, count(*) FROM runs, json_each(runs.confidence) j WHERE j.value = 'low' GROUP BY j.key
SELECT key, value FROM runs, json_each(confidence) LIMIT 10
SELECT run_id, confidence ->> '$.ceo' FROM runs WHERE confidence ->> '$.ceo' = 'low'
SELECT r.company, x.status FROM results r JOIN runs x ON x.run_id = r."$id"
SELECT r.company, x.modified_at FROM results r LEFT JOIN runs x ON x.run_id = r."$id" ORDER BY x.modified_at DESC LIMIT 5
SELECT a.run_id FROM runs a JOIN runs b USING (run_id) LIMIT 5
SELECT a.run_id, b.status FROM runs a INNER JOIN runs b ON a.id = b.id
SELECT company FROM results WHERE "$id" IN (SELECT run_id FROM runs WHERE status = 'completed')
SELECT company FROM results WHERE employees > (SELECT avg(employees) FROM results)
SELECT company FROM results WHERE employees = (SELECT max(employees) FROM results)
SELECT company, employees - (SELECT avg(employees) FROM results) AS above FROM results
SELECT company, 100.0 * employees / (SELECT sum(employees) FROM results) AS share FROM results ORDER BY share DESC
SELECT company FROM results WHERE country IN (SELECT country FROM results GROUP BY country HAVING count(*) > 3)
SELECT (SELECT count(*) FROM results) AS a, (SELECT count(*) FROM runs) AS b
SELECT EXISTS (SELECT 1 FROM results WHERE ceo IS NULL)
SELECT company FROM results r WHERE EXISTS (SELECT 1 FROM runs x WHERE x.run_id = r."$id" AND x.error IS NOT NULL)
SELECT company FROM results r WHERE NOT EXISTS (SELECT 1 FROM runs WHERE run_id = r."$id" AND status = 'failed')
WITH large AS (SELECT * FROM results WHERE employees > 500) SELECT country, count(*) FROM large GROUP BY country
WITH c AS (SELECT country, count(*) AS n FROM results GROUP BY country) SELECT * FROM c WHERE n > 1 ORDER BY n DESC
WITH c(country, n) AS (SELECT country, count(*) FROM results GROUP BY country), m AS (SELECT max(n) AS top FROM c) SELECT country FROM c, m WHERE n = top
SELECT country, n FROM (SELECT country, count(*) AS n FROM results GROUP BY country) WHERE n > 2
SELECT avg(n) FROM (SELECT count(*) AS n FROM results GROUP BY industry) AS t
SELECT company, row_number() OVER (ORDER BY employees DESC) AS rank FROM results
SELECT company, rank() OVER (PARTITION BY country ORDER BY employees DESC) AS r FROM results
SELECT company, dense_rank() OVER (ORDER BY founded) FROM results
SELECT company, sum(revenue) OVER (ORDER BY founded) AS running FROM results
SELECT company, employees, avg(employees) OVER (PARTITION BY industry) AS mean FROM results
SELECT company, lag(company) OVER (ORDER BY company) AS before FROM results
SELECT company, ntile(4) OVER (ORDER BY revenue) AS quartile FROM results
SELECT * FROM (SELECT company, country, row_number() OVER (PARTITION BY country ORDER BY employees DESC) AS n FROM results) WHERE n <= 3
WITH ranked AS (SELECT company, industry, row_number() OVER (PARTITION BY industry ORDER BY revenue DESC) AS n FROM results) SELECT * FROM ranked WHERE n = 1
SELECT company, count(*) OVER () AS total FROM results LIMIT 5
SELECT company FROM results WHERE country = 'Italy' UNION SELECT company FROM results WHERE country = 'Spain'
SELECT company FROM results UNION ALL SELECT ceo FROM results
SELECT country FROM results EXCEPT SELECT country FROM results WHERE employees > 100
SELECT country FROM results INTERSECT SELECT country FROM results WHERE founded < 1990
SELECT 'large' AS size, count(*) FROM results WHERE employees > 500 UNION ALL SELECT 'small', count(*) FROM results WHERE employees <= 500
SELECT date(created_at), count(*) FROM runs GROUP BY 1
SELECT strftime('%Y-%m-%d %H:00', modified_at) AS hour, count(*) FROM runs GROUP BY hour
SELECT run_id, julianday(modified_at) - julianday(created_at) AS days FROM runs ORDER BY days DESC LIMIT 5
SELECT datetime(updated_at / 1000, 'unixepoch') FROM runs LIMIT 5
SELECT unixepoch(created_at) FROM details
SELECT date('now')
SELECT 1
SELECT 1 + 1 AS two, 'text' AS t, NULL AS empty, 1.5e3 AS number, x'00ff' IS NULL AS blob
VALUES (1, 'a'), (2, 'b')
SELECT group_concat(DISTINCT country) FROM results
SELECT count(*) FILTER (WHERE employees > 100) AS large, count(*) AS n FROM results
SELECT company FROM results WHERE (country, industry) = ('Germany', 'Software')
SELECT company FROM results WHERE NOT (country = 'Germany' OR country = 'France')
SELECT company FROM results WHERE country IS 'Germany'
SELECT company FROM results WHERE country = 'Germany' -- only these
SELECT /* the names */ company FROM results
SELECT company, max(employees) FROM results GROUP BY country
SELECT company FROM results WHERE length(description) > 50 LIMIT 10
SELECT company FROM results WHERE company = 'O''Brien & Sons'
SELECT count(*) FROM results WHERE lower(description) LIKE '%payments%'
SELECT name, type FROM sqlite_schema
SELECT sql FROM sqlite_master WHERE name = 'results'
PRAGMA table_info(results)
PRAGMA table_info('runs')
pragma table_info("details")
EXPLAIN QUERY PLAN SELECT * FROM results WHERE country = 'Germany'
EXPLAIN QUERY PLAN SELECT count(*) FROM runs
select *, rowid from "main"."runs" limit 50 offset 0
SELECT * FROM main.details
`

const times = (count: number, make: (at: number) => string, between = ","): string =>
  Array.from({ length: count }, (_, at) => make(at)).join(between)

const doubling = (deep: number, join = ","): string =>
  `WITH a0 AS (SELECT 1 AS x), ${times(deep, (at) => `a${at + 1} AS (SELECT p.x FROM a${at} p ${join} a${at} q)`)} SELECT count(*) FROM a${deep}`

const INSERT =
  "INSERT INTO runs (id, input_index, attempt, change, updated_at, status, input) VALUES (99001, 99, 1, 9, 9, 'x', '{}')"

/** What must not run, whatever the group's size: by kind. */
const HOSTILE: Readonly<Record<string, ReadonlyArray<string>>> = {
  "loops of constants": [
    `with a(x) as (values ${times(210, () => "(1)")}) select count(*) from a p,a q,a r,a s`,
    `select count(*) from ${times(4, (at) => `(values ${times(200, () => "(1)")}) v${at}`)}`,
    `select count(*) from ${times(9, (at) => `(select 1 union all select 2 union all select 3 union all select 4 union all select 5 union all select 6) t${at}`)}`,
    "select count(*) from runs a, runs b, runs c, runs d",
    "select count(*) from results a, results b, results c",
    "select count(*) from runs a join runs b on a.status = b.status join runs c on b.status = c.status",
    "select (select count(*) from runs b, runs c where b.id + c.id > a.id) from runs a",
  ],
  "table functions": [
    `select count(*) from json_each('[${times(3_000, () => "1")}]') a, json_each('[${times(3_000, () => "1")}]') b`,
    "select count(*) from runs a, json_each(a.input) b, json_each(a.input) c, json_tree(a.input) d, runs e, runs f",
    "select count(*) from json_each((select group_concat(id) from runs)) a, runs b, runs c, runs d",
    "select count(*) from generate_series(1, 100000000)",
    "select * from dbstat",
    "select * from bytecode('select 1')",
    "select * from sqlite_stmt",
  ],
  "work in functions": [
    "select instr(hex(zeroblob(900000)), hex(zeroblob(450000))||'1')",
    "select hex(zeroblob(999999))",
    "select hex(randomblob(999999))",
    "select printf('%*d', 900000, 1)",
    "select format('%.900000f', 1.5)",
    "select replace(hex(zeroblob(90000)), '0', hex(zeroblob(90000)))",
    `select ${"replace(".repeat(8)}'aaaaaaaa'${", 'a', 'aaaaaaaaaaaaaaaa')".repeat(8)}`,
    `select '${"a".repeat(40_000)}' like '${"%a".repeat(20_000)}b'`,
    "select zeroblob(100000000)",
    "select count(*) from runs where input like (select group_concat('%a', '') from runs)",
    "select length(group_concat(input || input || input || input)) from runs a, runs b, runs c",
    `select '${"a".repeat(30_000)}' glob '${"*a".repeat(15_000)}b'`,
  ],
  recursion: [
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n",
    "WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT * FROM n LIMIT 5",
    'WITH "a""b"(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM [a"b] WHERE i < 999999999) SELECT count(*) FROM [a"b]',
    "SELECT * FROM (WITH a(n) AS (SELECT 1 UNION SELECT n + 1 FROM `a`) SELECT * FROM a)",
    "WITH é AS (SELECT 1 n UNION ALL SELECT n + 1 FROM é) SELECT count(*) FROM é",
    "WITH a AS (SELECT 1 x UNION ALL SELECT x + 1 FROM b), b AS (SELECT * FROM a) SELECT count(*) FROM b",
  ],
  preparing: [
    doubling(19),
    doubling(14, "JOIN"),
    "(".repeat(5_000),
    `select ${"(".repeat(900)}1${")".repeat(900)}`,
  ],
  text: [
    "[".repeat(190_000),
    "$a(')",
    "$a(')'); delete from runs; --",
    "select $a(')'",
    "select ?1",
    "select :a",
    "select @a",
    "select 'unclosed",
    'select "unclosed',
    "select [unclosed",
    "select `unclosed",
    "",
    ";",
    " ",
    "-- nothing",
    "/* nothing */",
    "/* unclosed",
    "select 1; select 2",
    "select 1;; delete from runs",
    "select 1\0; delete from runs",
    "\uFEFFdelete from runs",
    "select\u00a0company\u00a0from\u00a0results",
    "select\u2003company from results",
    "selec company from results",
    "select from",
    "select company frm results",
    "🦄",
    "\0",
    "select 1 as [a]]; delete from runs; --]",
    `select ${times(3_000, (at) => `${at} as c${at}`)}`,
  ],
  writes: [
    INSERT,
    `${INSERT} RETURNING *`,
    INSERT.toLowerCase(),
    INSERT.replace("INSERT", "REPLACE"),
    INSERT.replace("INSERT", "INSERT OR REPLACE"),
    `with a as (select 1) ${INSERT}`,
    "with x as (select 1) update runs set output=zeroblob(1000000)",
    "WITH a AS (SELECT 1) DELETE FROM runs RETURNING *",
    "update runs set status = 'hacked'",
    "UPDATE OR IGNORE details SET state = 'active'",
    "delete from runs",
    "/* harmless */ DELETE FROM runs",
    "-- harmless\nDELETE FROM runs",
    ";DELETE FROM runs",
    "explain delete from runs; delete from runs",
    "select * from runs; drop table runs",
    "INSERT INTO details DEFAULT VALUES",
    "select 1 union delete from runs",
  ],
  schema: [
    "DROP TABLE runs",
    "DROP VIEW results",
    "CREATE TABLE evil (a)",
    "CREATE TEMP TABLE evil AS SELECT * FROM runs",
    "CREATE VIEW evil AS SELECT 1",
    "CREATE INDEX evil ON runs (status)",
    "CREATE TRIGGER evil AFTER UPDATE ON runs BEGIN DELETE FROM runs; END",
    "CREATE VIRTUAL TABLE evil USING fts5(a)",
    "ALTER TABLE runs RENAME TO evil",
    "ANALYZE",
    "REINDEX",
    "VACUUM",
    "VACUUM INTO 'evil.db'",
    "ATTACH DATABASE 'evil.db' AS evil",
    "ATTACH ':memory:' AS evil",
    "DETACH main",
    "BEGIN",
    "COMMIT",
    "ROLLBACK",
    "SAVEPOINT evil",
    "RELEASE evil",
  ],
  pragmas: [
    "PRAGMA case_sensitive_like = on",
    "PRAGMA case_sensitive_like(1)",
    "EXPLAIN PRAGMA case_sensitive_like = on",
    "explain /* x */ pragma case_sensitive_like(on)",
    "EXPLAIN QUERY PLAN PRAGMA recursive_triggers = on",
    "PRAGMA writable_schema = on",
    "PRAGMA journal_mode = delete",
    "PRAGMA user_version = 7",
    "PRAGMA optimize",
    "PRAGMA query_only = 0",
    'PRAGMA "case_sensitive_like" = on',
    "PRAGMA table_info = runs",
    "PRAGMA table_info('x'); PRAGMA case_sensitive_like = on",
    "PRAGMA ignore_check_constraints = 1",
  ],
  secrets: [
    "SELECT * FROM _cf_KV",
    'SELECT * FROM "_cf_KV"',
    "SELECT * FROM main.[_CF_kv]",
    "SELECT (SELECT group_concat(value) FROM _cf_KV)",
    "WITH a AS (SELECT * FROM _cf_KV) SELECT * FROM a",
    "EXPLAIN SELECT * FROM _cf_KV",
    "SELECT load_extension('evil')",
    "SELECT writefile('evil', 'x')",
    "SELECT readfile('/etc/passwd')",
    "SELECT fts3_tokenizer('simple')",
  ],
}

const honest = HONEST.trim()
  .split("\n")
  .map((sql): CorpusEntry => ({ name: sql.slice(0, 80), sql, expect: "answer" }))

const hostile = Object.entries(HOSTILE).flatMap(([kind, statements]) =>
  statements.map((sql, at): CorpusEntry => ({
    name: `${kind} ${at}: ${sql.slice(0, 60)}`,
    sql,
    expect: "refuse",
  })),
)

/** Statements whose outcome is known, on any group of the columns above with at least 1,000 rows. */
export const CORPUS: ReadonlyArray<CorpusEntry> = [...honest, ...hostile]
