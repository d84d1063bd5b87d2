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

export const sectionMarkdown = ({ name, about, lines }: Section): string =>
  [
    `### ${name}`,
    "",
    about,
    "",
    cells(["measure", "ours", "control", "result", "goal", "met"]),
    cells(["---", "---", "---", "---", "---", "---"]),
    ...lines.map(({ measure, ours, control, result, goal, met }) =>
      cells([measure, ours, control, result, goal, mark(met)]),
    ),
  ].join("\n")
