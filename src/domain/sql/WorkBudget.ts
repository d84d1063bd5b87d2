/** SQL has asked for more than its part of the object's time. */
export class SqlBudgetSpent extends Error {
  override readonly name = "SqlBudgetSpent"
  readonly retryAfterSeconds: number

  constructor(retryAfterSeconds: number) {
    super(
      `SQL on this group has used up its share of time; ask again in ${retryAfterSeconds} s. The results themselves can be read as ever.`,
    )
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/**
 * How much work strangers may still ask of a group: it grows with time, and each statement is charged with its bound
 * before it runs.
 */
export class WorkBudget {
  private readonly perSecond: number
  private readonly saved: number
  private readonly now: () => number
  private left: number
  private at: number

  constructor(perSecond: number, saved: number, now: () => number) {
    this.perSecond = perSecond
    this.saved = saved
    this.now = now
    this.left = saved
    this.at = now()
  }

  /** Throws `SqlBudgetSpent` while nothing is left. */
  assertOpen(): void {
    const now = this.now()
    this.left = Math.min(this.saved, this.left + (Math.max(0, now - this.at) / 1000) * this.perSecond)
    this.at = now
    if (this.left > 0) return
    const seconds = Math.floor(-this.left / this.perSecond) + 1
    throw new SqlBudgetSpent(Math.min(3_600, seconds))
  }

  /** What is more than what is left is taken from the time to come: who was told to wait is answered then. */
  charge(work: number): void {
    this.left -= work
  }
}
