/** What a person may trust a rate for. */
const MIN_ENDED = 5
const MIN_SECONDS = 10

/** Rows end in bursts: what the rate is taken of, in milliseconds. */
const WINDOW = 120_000
const STEP = 1_000

interface Sample {
  readonly at: number
  readonly ended: number
}

/** How fast rows end, and how long the rest will take. Times are milliseconds. */
export class Pace {
  private first: Sample | null = null
  private samples: Array<Sample> = []
  private readonly begun: number
  private readonly estimate: { readonly min: number; readonly max: number } | null

  /** `estimate`: seconds for all rows, from `begun` on. */
  constructor(begun: number, estimate: { readonly min: number; readonly max: number } | null) {
    this.begun = begun
    this.estimate = estimate
  }

  /** So many have ended by now. */
  note(at: number, ended: number): void {
    const last = this.samples.at(-1)
    // Rows were begun anew.
    if (last !== undefined && ended < last.ended) this.reset()
    this.first ??= { at, ended }
    if (this.samples.length > 0 && at - this.samples.at(-1)!.at < STEP) return
    this.samples.push({ at, ended })
    while (this.samples.length > 2 && at - this.samples[1]!.at >= WINDOW) this.samples.shift()
  }

  /** Rows a minute; null while too few have ended to tell. */
  perMinute(now: number, ended: number): number | null {
    const { first } = this
    const [oldest] = this.samples
    if (first === null || oldest === undefined) return null
    if (ended - first.ended < MIN_ENDED || now - first.at < MIN_SECONDS * 1000) return null
    return (60_000 * (ended - oldest.ended)) / (now - oldest.at)
  }

  /** Seconds until all have ended, by the rate, before that by the estimate; null when nobody knows. */
  secondsLeft(now: number, ended: number, total: number): number | null {
    const rate = this.perMinute(now, ended)
    if (rate !== null) return rate > 0 ? (60 * (total - ended)) / rate : null
    if (this.estimate === null) return null
    const left = (this.estimate.min + this.estimate.max) / 2 - (now - this.begun) / 1000
    return left > 0 ? left : null
  }

  private reset(): void {
    this.first = null
    this.samples = []
  }
}
