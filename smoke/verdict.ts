import type { Facts } from "./facts.ts"

/** What a recording says about one open question. */
export interface Verdict {
  readonly id: string
  readonly question: string
  /** `A` is what was thought likelier; null: this recording does not tell. */
  readonly side: "A" | "B" | null
  readonly answer: string
  readonly evidence: string
}

export interface Question {
  readonly id: string
  readonly question: string
  readonly judge: (facts: Facts) => Omit<Verdict, "id" | "question">
}

export const a = (answer: string, evidence: string) => ({ side: "A", answer, evidence }) as const
export const b = (answer: string, evidence: string) => ({ side: "B", answer, evidence }) as const
export const open = (evidence: string) => ({ side: null, answer: "not settled", evidence }) as const

export const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? "" : "s"}`
