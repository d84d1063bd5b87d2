import { readFile } from "node:fs/promises"
import { join } from "node:path"

const file = join(import.meta.dirname, "../../src/pages/assets/_headers")

/** What `_headers` says of this one path. */
export async function headersOf(path: string) {
  const rules = (await readFile(file, "utf8")).split("\n")
  const at = rules.indexOf(path)
  const end = rules.findIndex((line, place) => place > at && !line.startsWith("  "))
  const lines = at < 0 ? [] : rules.slice(at + 1, end < 0 ? undefined : end)
  return lines.map((line) => line.trim().split(/: (.*)/, 2) as [string, string])
}
