import { INPUTS, type SmokeResult } from "./smoke.ts"
import type { Verdict } from "./verdict.ts"

const wrap = (text: string, width: number): string[] => {
  const lines: string[] = []
  let line = ""
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line)
      line = ""
    }
    line += (line === "" ? "" : " ") + word
  }
  return [...lines, line]
}

const WIDTH = 100
const INDENT = 9

/** What a recording says, for a terminal. */
export const verdictTable = (verdicts: ReadonlyArray<Verdict>): string => {
  const settled = verdicts.filter(({ side }) => side !== null).length
  const rows = verdicts.flatMap(({ id, question, side, answer, evidence }) => {
    const head = `${id.padEnd(6)}${side ?? "-"}  `
    const body = [`${question} ${answer}`, `(${evidence})`].flatMap((text) => wrap(text, WIDTH - INDENT))
    return body.map((line, at) => (at === 0 ? head : " ".repeat(INDENT)) + line)
  })
  return [
    "",
    `A: as was thought likelier. B: otherwise. -: this does not tell. ${settled} of ${verdicts.length} are settled.`,
    "",
    ...rows,
  ].join("\n")
}

export const report = (result: SmokeResult): string =>
  [
    verdictTable(result.verdicts),
    "",
    ...(result.problems.length === 0
      ? [`The product's result is complete and right: all ${INPUTS.length} rows are as upstream has them.`]
      : [
          "The product's result is NOT complete and right:",
          ...result.problems.map((problem) => `  ${problem}`),
        ]),
    `${result.requests} requests in ${(result.tookMs / 1000).toFixed(0)} s.`,
  ].join("\n")
