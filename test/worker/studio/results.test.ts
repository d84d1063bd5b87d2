import { beforeAll, describe, expect, it } from "vitest"
import { untilEnded } from "../support/expect.ts"
import { body, companies, CREATE, create, getJson, groupStub, send } from "../support/product.ts"
import { query, rowsOf } from "../support/studio.ts"
import { until } from "../support/until.ts"
import { newUpstream } from "../support/upstream.ts"

let id = ""

const TWEET = "738529527931269425"
const WIDE = "123456789012345678901234567890"

beforeAll(async () => {
  const upstream = newUpstream()
  const inputs = companies(3).map((input, at) => ({ ...input, id: at, Company: at }))
  const digits = [TWEET, `-${TWEET}`, WIDE]
  const sent = JSON.stringify(body({ inputs })).replace(/"id":(\d)/g, (_, at) => `"id":${digits[Number(at)]}`)
  const headers = {
    "x-api-key": upstream.key,
    accept: "application/json",
    "content-type": "application/json",
  }
  const response = await send(CREATE, { method: "POST", headers, body: sent })
  id = (await response.json<{ taskgroup_id: string }>()).taskgroup_id
  await untilEnded(id)
})

const first = async (statement: string) => {
  const { error, result } = await query(id, statement)
  if (result === undefined) throw new Error(`${statement}: ${error}`)
  return result.rows.map((row) => result.headers.map(({ name }) => row[name]))
}

describe("the view results", () => {
  it("has the users' own columns, as the JSON format's results", async () => {
    const { result } = await query(id, "SELECT * FROM results")
    expect(result?.headers.map(({ name }) => name)).toEqual([
      "$id",
      "$status",
      "company",
      "id",
      "Company_2",
      "ceo_name",
      "employees",
    ])
    const { results } = await getJson(id)
    expect(result?.rows).toEqual(
      results.map(({ Company, ...row }, at) => ({
        ...row,
        Company_2: Company,
        id: [TWEET, `-${TWEET}`, WIDE][at],
      })),
    )
  })

  it.each<[statement: string, rows: ReadonlyArray<ReadonlyArray<unknown>>]>([
    [`select count(*) from results where "company" = 'Company 1'`, [[1]]],
    [`select "$status", count(*) from results group by 1 order by 2 desc limit 10`, [["completed", 3]]],
    [`select company from results where id = ${TWEET}`, [["Company 0"]]],
    [`select company from results where id = ${TWEET} + 1`, []],
    [`select company from results where id < 0`, [["Company 1"]]],
    [`select company from results order by company desc limit 1`, [["Company 2"]]],
    [`select typeof(id) from results`, [["integer"], ["integer"], ["text"]]],
    [
      `select results.company from results join runs on run_id = "$id" where input_index = 2`,
      [["Company 2"]],
    ],
    [`select name from pragma_table_info('results') limit 2`, [["$id"], ["$status"]]],
    ["select type from sqlite_schema where name = 'results'", [["view"]]],
  ])("%s", async (statement, rows) => {
    expect(await first(statement)).toEqual(rows)
  })

  it("shows what is running, which is stored nowhere else", async () => {
    const slow = newUpstream()
    await slow.behave({ runs: { queue_ms: [0, 0], duration_ms: [3_600_000, 3_600_000] } })
    const { taskgroup_id } = await create(slow, { inputs: companies(2) })
    const statuses = async () =>
      (await rowsOf(taskgroup_id, `SELECT "$status" AS status FROM results`)).map(({ status }) => status)
    await until("all of them running", async () => (await statuses()).every((status) => status === "running"))
    expect(await statuses()).toEqual(["running", "running"])
  })

  it("is in what `getSchema` describes", async () => {
    const schema = await (groupStub(id) as unknown as { getSchema(): Promise<string> }).getSchema()
    expect(schema).toContain("CREATE TABLE runs (")
    expect(schema).toContain("CREATE VIEW results AS SELECT")
    expect(schema).toContain(`AS "ceo_name"`)
  })
})

describe("values come as they are, integers that no double holds with all their digits", () => {
  it.each<[statement: string, rows: ReadonlyArray<ReadonlyArray<unknown>>]>([
    ["select id from results", [[TWEET], [`-${TWEET}`], [WIDE]]],
    ["select id from results order by typeof(id), id", [[`-${TWEET}`], [TWEET], [WIDE]]],
    ["select json_extract(input, '$.id') from runs limit 1", [[TWEET]]],
    [
      "select input ->> '$.id', input_index from runs limit 2 -- two",
      [
        [TWEET, 0],
        [`-${TWEET}`, 1],
      ],
    ],
    ["select 9007199254740993", [["9007199254740993"]]],
    ["select -9223372036854775808, 9223372036854775807", [["-9223372036854775808", "9223372036854775807"]]],
    ["select 9007199254740992, -9007199254740992, 9007199254740991", [[2 ** 53, -(2 ** 53), 2 ** 53 - 1]]],
    [
      "select 1e300, -1.5e300, 9007199254740994.0, 9007199254740993",
      [[1e300, -1.5e300, 2 ** 53 + 2, "9007199254740993"]],
    ],
    ["values (9007199254740993), (2), ('x'), (null)", [["9007199254740993"], [2], ["x"], [null]]],
    ["with a as (select 9007199254740993 x) select x, x from a", [["9007199254740993", "9007199254740993"]]],
    [
      "select status from runs where id = 1 union all select 9007199254740993 union all select 95",
      [["completed"], ["9007199254740993"], [95]],
    ],
    [
      "select max(id), sum(2 * input_index) from (select id, 1 input_index from results where id < 1)",
      [[`-${TWEET}`, 2]],
    ],
    [`select abs(id) as "a b", 7 from results where id < 0;`, [[TWEET, 7]]],
    [
      "select min(abs(random())) < 0, typeof(random()), 9007199254740993",
      [[0, "integer", "9007199254740993"]],
    ],
  ])("%s", async (statement, rows) => {
    expect(await first(statement)).toEqual(rows)
  })

  it.each<[statement: string, rows: ReadonlyArray<ReadonlyArray<unknown>>]>([
    [
      String.raw`select '"a\ud800b"' ->> '$', '"\udfff\ud83d\ude00\ud800"' ->> '$'`,
      [["a\ufffdb", "\ufffd😀\ufffd"]],
    ],
    [
      "select '\ufffd\ufffd\ufffd', '\ufeff\ufffd\ufffd\ufffd\ud7ff\ue000'",
      [["\ufffd\ufffd\ufffd", "\ufeff\ufffd\ufffd\ufffd\ud7ff\ue000"]],
    ],
    [
      String.raw`values ('"\ud800"' ->> '$'), (9007199254740993), (1), (null), ('x')`,
      [["\ufffd"], ["9007199254740993"], [1], [null], ["x"]],
    ],
  ])("and half a character as one that stands for it: %s", async (statement, rows) => {
    expect(await first(statement)).toEqual(rows)
  })

  it("under the names that were asked for", async () => {
    const { result } = await query(id, "select id, id, id + 1 from results limit 1")
    expect(result?.headers.map(({ displayName }) => displayName)).toEqual(["id", "id", "id + 1"])
    expect(Object.values(result?.rows[0] ?? {})).toEqual([TWEET, TWEET, `${TWEET.slice(0, -1)}6`])
  })

  it("whatever the numbers are, also through `raw`, which takes no values", async () => {
    const { raw } = await groupStub(id).raw("select 'x', 9007199254740993 + length('y')")
    expect(raw).toEqual([["x", "9007199254740994"]])
    const refused = await groupStub(id)
      .raw("select ?", "x")
      .then(() => "answered", String)
    expect(refused).toContain("takes no values")
    for (let times = 0; times < 50; times++) {
      const [[value]] = (await first("select random()")) as [[number | string]]
      if (typeof value === "number") expect(Number.isSafeInteger(value)).toBe(true)
      else expect(BigInt(value) > 2n ** 53n || BigInt(value) < -(2n ** 53n)).toBe(true)
    }
  })
})

describe("what was meant is run", () => {
  it.each([
    "select 1 as one;",
    "select 1 as one;;",
    "select 1 as one ; ; -- done",
    "select 1 as one; /* done; */",
    "select 1 as one /* it goes on",
    "select 1 as one;\n-- one\n;-- two",
    "\uFEFFselect 1 as one",
    "\u00A0\u2003 select 1 as one\u00A0",
    ";select 1 as one",
    "-- first\n;\n/* then */ select 1 as one",
  ])("%j", async (statement) => {
    expect(await rowsOf(id, statement)).toEqual([{ one: 1 }])
  })

  it.each(["", " ", ";", " ; \n;", "-- nothing", "/* ; */", "\uFEFF"])("%j is nothing", async (statement) => {
    expect((await query(id, statement)).error).toMatch(/There is no statement.*SELECT/)
  })

  it.each([
    "select 1; select 2",
    "select 1;; select 2;",
    ";select 1;select 2",
    "select 1 /* */; -- x\nselect 2",
  ])("%j is not one", async (statement) => {
    expect((await query(id, statement)).error).toMatch(/one statement/)
  })

  it.each([
    ["select nowhere from runs", 7],
    ["  select nowhere from runs", 9],
    [";; -- é\n select nowhere from runs", 17],
    ["\uFEFFselect nowhere", 10],
  ])("%j: the place of an error is told, in bytes", async (statement, at) => {
    const { error } = await query(id, statement)
    expect(error).toContain("no such column: nowhere.")
    expect(error).toContain(`(at offset ${at})`)
  })

  it("is quick about blanks and quotes without end", async () => {
    const blanks = " ".repeat(180_000)
    for (const statement of [
      `select${blanks}1`,
      `pragma a(${blanks}`,
      `explain${blanks}pragma`,
      `;${blanks};x`,
    ]) {
      const began = Date.now()
      await query(id, statement)
      expect(Date.now() - began).toBeLessThan(2_000)
    }
  })
})

describe("a name in double quotes", () => {
  it.each([
    [`select "company" from runs`, "company"],
    [`select 1 from runs where status = "completed"`, "completed"],
    [`select "compny" from results`, "compny"],
    [`select "no ""such"" \`name" from details`, `no "such" \`name`],
    [`select * from results order by "nothing" limit 1`, "nothing"],
    [`select json_extract(input, "$.company") from runs`, "$.company"],
    [`with a as (select "x" from runs) select * from a`, "x"],
  ])("%s is refused where SQLite would take it for text", async (statement, name) => {
    const { error } = await query(id, statement)
    expect(error).toContain(`"${name.replaceAll('"', '""')}" is no column`)
    expect(error).toContain("SELECT * FROM results")
    expect(error).toContain(`single quotes: '${name}'`)
  })

  it.each([
    [`select "status" from "runs" where "id" = 1`, "completed"],
    [`select "company" from results limit 1`, "Company 0"],
    [`select r."company" as "c""x" from "main"."results" as "r" where "c""x" <> 'x"y' limit 1`, "Company 0"],
    [`select "a"`, "a"],
    [`select count(*) from pragma_table_info("runs")`, 19],
    [`select name from sqlite_schema where type = "view"`, "results"],
    [`select '"company"' from runs limit 1 -- "company"`, '"company"'],
  ])("%s is answered", async (statement, value) => {
    expect((await first(statement))[0]).toEqual([value])
  })

  it("is what `$id` has to be written in", async () => {
    expect((await query(id, "select $id from results")).error).toMatch(/Parameters .*"\$id"/)
    expect((await query(id, "select ? from results")).error).toMatch(/Parameters/)
  })

  it("may be any, and come back under it", async () => {
    expect(await first(`select 1 as "__proto__", 2 as "constructor", 3 as "", 4 as "1", 5 as "0"`)).toEqual([
      [1, 2, 3, 4, 5],
    ])
    const { result } = await query(id, `select 7 as "__proto__", 8 as "__proto__"`)
    expect(Object.entries(result?.rows[0] ?? {})).toEqual([
      ["__proto__", 7],
      ["____proto___0", 8],
    ])
  })
})
