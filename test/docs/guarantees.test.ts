import { readdirSync, readFileSync } from "node:fs"
import { expect, it } from "vitest"
import { rowsOf, sectionOf } from "./markdown.ts"

const page = readFileSync("docs/guarantees.md", "utf8")

/** What the last column of a table links to; that it exists, readme.test.ts shows. */
const shownIn = (heading: string) =>
  rowsOf(sectionOf(page, heading)).map((row) =>
    [...(row.at(-1) ?? "").matchAll(/\]\(([^)]+)\)/g)].map(([, to]) => to),
  )

it.each(["Where each promise is shown", "The life of a group, in stories"])(
  "%s: every line names a test",
  (heading) => {
    const tests = shownIn(heading)
    expect(tests.length).toBeGreaterThan(10)
    for (const links of tests)
      expect(links).toContainEqual(expect.stringMatching(/^\.\.\/test\/.*\.test\.ts$/))
  },
)

it("names the stories of every program", () => {
  const named = new Set(shownIn("The life of a group, in stories").flat())
  const stories = readdirSync("test/programs").filter((name) => name.endsWith("TaskGroup.test.ts"))
  expect(stories.map((name) => `../test/programs/${name}`).filter((path) => !named.has(path))).toEqual([])
})
