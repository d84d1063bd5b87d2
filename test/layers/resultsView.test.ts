import { expect, it } from "vitest"
import { showResults } from "../../src/layers/sqlite/resultsView.ts"
import { openTables } from "../../src/layers/sqlite/tables.ts"
import { nodeSqliteStorage } from "../../src/entry/testing/nodeSqliteStorage.ts"

it("an output's value hides an input's of the same name, whatever the name has in it", () => {
  for (const name of ["b", "b\0", "\0", 'q"\0"', "b\0c"]) {
    const storage = nodeSqliteStorage()
    openTables(storage)
    showResults(storage, { inputColumns: [name], outputColumns: [name] })
    const rows: ReadonlyArray<readonly [input: object, output: object]> = [
      [{ [name]: "in" }, {}],
      [{}, { [name]: [] }],
      [{ [name]: "in" }, { [name]: "out" }],
      [{ [name]: "in" }, { [name]: null }],
    ]
    for (const [at, [input, output]] of rows.entries())
      storage.sql.exec(
        "INSERT INTO runs (id, input_index, attempt, change, updated_at, status, input, content) VALUES (?, ?, 1, 1, 1, 'completed', ?, ?)",
        at * 1000 + 1,
        at,
        JSON.stringify(input),
        JSON.stringify(output),
      )
    const shown = storage.read("SELECT * FROM results").rows.map((row) => row[2])
    expect([name, shown]).toEqual([name, ["in", "[]", "out", null]])
    storage.close()
  }
})
