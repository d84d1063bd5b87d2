/** The text below a heading, up to the next one of its level or above. Headings within fences are none. */
export const sectionOf = (text: string, heading: string): string => {
  const lines = text.split("\n")
  const isHeading = headingsIn(lines)
  const start = lines.findIndex((line, at) => isHeading[at] === true && line.replace(/^#+ /, "") === heading)
  if (start < 0) throw new Error(`no heading ${heading}`)
  const levelOf = (line: string) => /^#+/.exec(line)?.[0].length ?? 1
  const level = levelOf(lines[start] ?? "")
  const end = lines.findIndex((line, at) => at > start && isHeading[at] === true && levelOf(line) <= level)
  return lines.slice(start + 1, end < 0 ? lines.length : end).join("\n")
}

const headingsIn = (lines: ReadonlyArray<string>): ReadonlyArray<boolean> => {
  let fenced = false
  return lines.map((line) => {
    if (line.startsWith("```")) fenced = !fenced
    return !fenced && /^#+ /.test(line)
  })
}

/** Anchors of a page's headings, as GitHub makes them. */
export const anchorsOf = (text: string): ReadonlyArray<string> => {
  const lines = text.split("\n")
  const isHeading = headingsIn(lines)
  return lines
    .filter((_, at) => isHeading[at])
    .map((line) =>
      line
        .replace(/^#+ /, "")
        .toLowerCase()
        .replace(/[^\w\s-]/g, "")
        .replaceAll(" ", "-"),
    )
}

/** What stands in fences of this language. */
export const fencesOf = (text: string, language: string): ReadonlyArray<string> =>
  [...text.matchAll(/^```(\w+)\n([^]*?)\n```$/gm)].flatMap(([, name, body = ""]) =>
    name === language ? [body] : [],
  )

type Table = ReadonlyArray<ReadonlyArray<string>>

/** Body rows of every table, as trimmed cells. */
export const tablesOf = (section: string): ReadonlyArray<Table> =>
  [...section.matchAll(/(?<=^|\n)\|[^\n]*\n\|[ :|-]+\n((?:\|[^\n]*(?:\n|$))+)/g)].map(([, table = ""]) =>
    table
      .trim()
      .split("\n")
      .map((line) =>
        line
          .replace(/^\||\|$/g, "")
          .split("|")
          .map((cell) => cell.trim()),
      ),
  )

/** Body rows of the first table. */
export const rowsOf = (section: string): Table => tablesOf(section)[0] ?? [[""]]
