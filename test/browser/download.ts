import { readFile } from "node:fs/promises"
import type { Page } from "playwright-core"

/** What a button of the open menu saves. */
export async function downloadBytes(page: Page, label: string) {
  const [file] = await Promise.all([page.waitForEvent("download"), page.click(`[aria-label='${label}']`)])
  return { name: file.suggestedFilename(), bytes: await readFile(await file.path()) }
}

export async function download(page: Page, label: string) {
  const { name, bytes } = await downloadBytes(page, label)
  return { name, content: bytes.toString("utf8") }
}
