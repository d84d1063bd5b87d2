/** The text below a heading, up to the next one of its level or above. */
export const sectionOf = (text: string, heading: string): string => {
  const lines = text.split("\n")
  const start = lines.findIndex((line) => /^#+ /.test(line) && line.replace(/^#+ /, "") === heading)
  if (start < 0) throw new Error(`no heading ${heading}`)
  const level = /^#+/.exec(lines[start] ?? "")?.[0].length ?? 1
  const rest = lines.slice(start + 1)
  const end = rest.findIndex((line) => (/^#+(?= )/.exec(line)?.[0].length ?? 9) <= level)
  return rest.slice(0, end < 0 ? rest.length : end).join("\n")
}

/** Body rows of the first table, as trimmed cells. */
export const rowsOf = (section: string): ReadonlyArray<ReadonlyArray<string>> => {
  const [, table = ""] = /(?:^|\n)\|[^\n]*\n\|[ :|-]+\n((?:\|[^\n]*(?:\n|$))+)/.exec(section) ?? []
  return table
    .trim()
    .split("\n")
    .map((line) =>
      line
        .replace(/^\||\|$/g, "")
        .split("|")
        .map((cell) => cell.trim()),
    )
}
