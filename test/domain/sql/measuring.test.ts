import { describe, expect, it } from "vitest"
import { type AskedStorage, ReadOnlySql } from "../../../src/do/readOnlySql.ts"
import { showResults } from "../../../src/layers/sqlite/resultsView.ts"
import { companiesTable, storageOn } from "../../support/companiesTable.ts"
import { studioLimits } from "../../support/studioLimits.ts"

/** A storage that remembers what it was asked, and how many columns it answered with. */
const watched = (storage: AskedStorage) => {
  const seen: Array<{ readonly query: string; readonly columns: number }> = []
  const exec = (query: string) => {
    const cursor = storage.sql.exec(query)
    seen.push({ query, columns: cursor.columnNames.length })
    return cursor
  }
  return { seen, storage: { ...storage, sql: { exec } } }
}

const endless = { workPerSecond: 1e18, workSaved: 1e18 }
const TOO_MUCH =
  "SELECT count(*) FROM (SELECT 1 FROM runs) AS a, (SELECT 1 FROM runs) AS b, (SELECT 1 FROM runs) AS c"

describe("what is asked before a statement's bound is known has a bound itself", () => {
  it("of many lists only as many are counted as there is time for", () => {
    const database = companiesTable(100)
    database.exec(`UPDATE runs SET output = '{"l":[${Array(450).fill(1).join()}]}'`)
    const { seen, storage } = watched(storageOn(database))
    const guard = new ReadOnlySql(storage, studioLimits({ ...endless, work: 30e6 }), () => 0)
    const lists = Array.from(
      { length: 20 },
      (_, at) => `(SELECT count(*) FROM json_each(output, '$.l[${at}]'))`,
    )
    const asked = `SELECT * FROM (SELECT ${lists.join(" + ")} FROM runs LIMIT 1) UNION ALL ${TOO_MUCH}`
    expect(() => guard.exec(asked)).toThrow(/could take/)
    const counted = seen.filter(({ query }) => query.includes("json_each(runs.output"))
    expect(counted.length).toBeGreaterThan(0)
    expect(counted.length).toBeLessThan(10)
  })

  it("no more columns are measured at once than the platform answers with", () => {
    const database = companiesTable(100)
    const plain = storageOn(database)
    const outputColumns = Array.from({ length: 90 }, (_, at) => `c${at}`)
    showResults(plain, { inputColumns: ["company"], outputColumns })
    database
      .prepare("UPDATE details SET input_columns = '[\"company\"]', output_columns = ?")
      .run(JSON.stringify(outputColumns))
    const { seen, storage } = watched(plain)
    const guard = new ReadOnlySql(storage, studioLimits({ ...endless, kept: 300_000 }), () => 0)
    expect(guard.exec("SELECT * FROM results ORDER BY company, c1").raw()).toHaveLength(100)
    expect(seen.filter(({ query }) => query.includes("FROM results LIMIT"))).toHaveLength(2)
    expect(Math.max(...seen.map(({ columns }) => columns))).toBeLessThanOrEqual(100)
  })

  it("what it takes to understand and prepare a large statement is charged, answered or not", () => {
    const storage = storageOn(companiesTable(3))
    const large = `1 IN (${Array(5_500).fill(1).join()})`
    for (const asked of [`SELECT ${large}`, `SELECT count(*) FROM runs WHERE ${large} AND nothing`]) {
      const guard = new ReadOnlySql(storage, studioLimits({ workPerSecond: 1e8, workSaved: 2e8 }), () => 0)
      const messages = Array.from({ length: 30 }, () => {
        try {
          guard.exec(asked)
          return "answered"
        } catch (error) {
          return String(error)
        }
      })
      expect(messages[0]).toMatch(/answered|no such column/)
      expect(messages.at(-1)).toMatch(/SqlBudgetSpent.*ask again in \d s/)
    }
  })
})
