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

/** What a program gets that pastes. */
export async function clipboard(page: Page) {
  await page.evaluate(() => {
    const hear = (event: ClipboardEvent) => {
      event.preventDefault()
      const data = ["text/plain", "text/html"].map((type) => event.clipboardData?.getData(type))
      Object.assign(globalThis, { pasted: data })
    }
    document.addEventListener("paste", hear, { once: true, capture: true })
    Object.assign(globalThis, { pasted: null })
  })
  await page.keyboard.press("Control+v")
  const handle = await page.waitForFunction(() => (globalThis as unknown as { pasted: string[] }).pasted)
  const [text, html] = (await handle.jsonValue()) as [string, string]
  return { text, html }
}
