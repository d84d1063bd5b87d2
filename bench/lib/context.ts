import type { Section } from "./report.ts"

/** What every case gets. */
export interface BenchContext {
  /** Everything written goes here, and is removed at the end. */
  readonly folder: string
  /** How often a measurement is repeated. */
  readonly repeats: number
  readonly log: (message: string) => void
}

export interface BenchCase {
  readonly name: string
  readonly run: (context: BenchContext) => Promise<Section>
}
