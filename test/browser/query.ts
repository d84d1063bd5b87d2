import type { Page } from "playwright-core"
import { expectText } from "./setup.ts"

/** The SQL console as somebody uses it. */

/** What is said beside the rows. */
export const facts = (page: Page, pattern: RegExp) => expectText(page, "#facts", pattern)

/** The rows as they are shown, heads first. */
export const drawn = (page: Page) =>
  page.$$eval("#result tr", (rows) =>
    rows.map((row) => [...row.children].map((cell) => (cell as HTMLElement).innerText.trim())),
  )

export async function run(page: Page, sql: string) {
  await page.fill("#sql", sql)
  await page.press("#sql", "Control+Enter")
}
