import { expect, it } from "vitest"
import { WorkBudget } from "../../../src/domain/sql/WorkBudget.ts"

it("is open again when it said so, and not a second before", () => {
  let now = 0
  const budget = new WorkBudget(100, 1_000, () => now)
  for (const work of [50, 999, 400, 1_500, 1]) {
    budget.assertOpen()
    budget.charge(work)
    let told = 0
    try {
      budget.assertOpen()
    } catch (error) {
      told = (error as { retryAfterSeconds: number }).retryAfterSeconds
      expect(String(error)).toContain(`ask again in ${told} s`)
    }
    if (told === 0) continue
    now += told * 1000 - 1_001
    expect(() => budget.assertOpen()).toThrow(/ask again in 2 s|ask again in 1 s/)
    now += 1_001
    budget.assertOpen()
  }
})

it("saves up no more than it may, whatever the clock does", () => {
  let now = 1e12
  const budget = new WorkBudget(100, 1_000, () => now)
  now += 1e9
  budget.assertOpen()
  budget.charge(1_000)
  now -= 5_000
  expect(() => budget.assertOpen()).toThrow(/ask again in 1 s/)
  now += 1_000
  budget.assertOpen()
})
