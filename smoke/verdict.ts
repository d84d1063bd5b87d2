import type { Facts } from "./facts.ts"

interface Finding {
  /** `A` is what was thought likelier; null: this recording does not tell. */
  readonly side: "A" | "B" | null
  readonly answer: string
  readonly evidence: string
}

/** An open question about the API, and what a recording says about it. */
export interface Question {
  readonly id: string
  readonly question: string
  readonly judge: (facts: Facts) => Finding
}
export type Verdict = Omit<Question, "judge"> & Finding

export const ask = (id: string, question: string, judge: Question["judge"]) => ({ id, question, judge })
export const a = (answer: string, evidence: string): Finding => ({ side: "A", answer, evidence })
export const b = (answer: string, evidence: string): Finding => ({ side: "B", answer, evidence })
export const open = (evidence: string, answer = "not settled"): Finding => ({ side: null, answer, evidence })

/** Settled by samples: false where one is as was thought likelier; true where it is otherwise, or in which way. */
export const tally = (what: string, likely: string, other: string, all: ReadonlyArray<boolean | string>) => {
  const ways = all.filter((way) => way !== false)
  if (all.length === 0) return open(`no ${what}`)
  if (ways.length === 0) return a(likely, `${all.length} ${what}`)
  const told = [...new Set(ways)].filter((way) => way !== true).toSorted()
  return b([other, ...told].join(": "), `${ways.length} of ${all.length} ${what}`)
}

export const seconds = (ms: number): string =>
  ms < 950 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`

/** What a recording says, for a terminal. */
export const verdictTable = (verdicts: ReadonlyArray<Verdict>): string => {
  const settled = verdicts.filter(({ side }) => side !== null).length
  const rows = verdicts.map(({ id, question, side, answer, evidence }) => {
    return `${id.padEnd(6)}${side ?? "-"}  ${question} ${answer}\n${" ".repeat(9)}(${evidence})`
  })
  const of = `${settled} of ${verdicts.length} are settled.`
  return `\nA: as was thought likelier. B: otherwise. -: this does not tell. ${of}\n\n${rows.join("\n")}\n`
}
