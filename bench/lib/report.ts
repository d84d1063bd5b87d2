/** One line of the table. */
export interface Line {
  readonly measure: string
  readonly ours: string
  /** What it is compared with, in the same run. */
  readonly control: string
  readonly result: string
  readonly goal: string
  /** Null where there is no goal. */
  readonly met: boolean | null
}

export interface Section {
  readonly name: string
  readonly about: string
  readonly lines: ReadonlyArray<Line>
}

const cells = (texts: ReadonlyArray<string>): string =>
  `| ${texts.map((text) => text.replaceAll("|", "\\|")).join(" | ")} |`

const mark = (met: boolean | null): string => (met === null ? "" : met ? "yes" : "**no**")

const table = (header: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string =>
  [header, header.map(() => "---"), ...rows].map(cells).join("\n")

export const sectionMarkdown = ({ name, about, lines }: Section): string =>
  [
    `### ${name}`,
    "",
    about,
    "",
    table(
      ["measure", "ours", "control", "result", "goal", "met"],
      lines.map(({ measure, ours, control, result, goal, met }) => [
        measure,
        ours,
        control,
        result,
        goal,
        mark(met),
      ]),
    ),
  ].join("\n")

/** How many goals are met, and which are not. */
export const goalsMarkdown = (sections: ReadonlyArray<Section>): string => {
  const judged = sections.flatMap(({ name, lines }) =>
    lines.filter(({ met }) => met !== null).map((line) => ({ name, ...line })),
  )
  const missed = judged.filter(({ met }) => met === false)
  const count = `${judged.length - missed.length} of ${judged.length} goals are met.`
  if (missed.length === 0) return `${count}\n`
  const rows = missed.map(({ name, measure, result, goal }) => [`${name}: ${measure}`, result, goal])
  return `${count} Not met:\n\n${table(["measure", "result", "goal"], rows)}\n`
}

const SPREAD = 0.1

/** A result's first number, and how far apart it is from what an earlier document says of the same measure. */
const numberIn = (text: string): number | null => {
  const found = /-?\d[\d,]*(?:\.\d+)?/.exec(text)?.[0]
  return found === undefined ? null : Number(found.replaceAll(",", ""))
}

/** Results by section and measure, as {@link sectionMarkdown} has written them. */
const resultsIn = (document: string): ReadonlyMap<string, string> => {
  const results = new Map<string, string>()
  let section = ""
  for (const line of document.split("\n")) {
    if (line.startsWith("### ")) section = line.slice(4)
    const [, measure, , , result] = line.split(/(?<!\\)\|/).map((cell) => cell.trim())
    if (measure !== undefined && result !== undefined && section !== "")
      results.set(`${section}: ${measure}`, result)
  }
  return results
}

/** Which results of `again` are farther than a tenth from those of an earlier run. */
export const repeatMarkdown = (earlier: string, again: string): string => {
  const before = resultsIn(earlier)
  const compared = [...resultsIn(again)].flatMap(([name, result]) => {
    const [a, b] = [numberIn(before.get(name) ?? ""), numberIn(result)]
    return a === null || b === null ? [] : [{ name, a, b }]
  })
  const apart = compared.filter(({ a, b }) => Math.abs(a - b) > SPREAD * Math.max(Math.abs(a), Math.abs(b)))
  const count = `${compared.length - apart.length} of ${compared.length} results are within ${SPREAD * 100} % of the run before.`
  if (apart.length === 0) return `${count}\n`
  const rows = apart.map(({ name, a, b }) => [name, String(a), String(b)])
  return `${count} The others:\n\n${table(["measure", "before", "now"], rows)}\n`
}
