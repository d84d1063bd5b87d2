import { giveBack } from "../../domain/giveBack.ts"
import type { JsonPage } from "./jsonPages.ts"

/** What is kept of a moment's pages: all of a small group, the newest of a large one. */
const MAX_BYTES = 4 * 1024 * 1024

/**
 * Pages that several readers of the same moment are about to want: a link that is passed around is opened by many at
 * once. Kept only while there are several.
 */
export class SharedPages {
  private readonly pages = new Map<string, JsonPage>()
  private bytes = 0

  /** The page of this name, made if it is not here. */
  get(name: string, make: () => JsonPage | null): JsonPage | null {
    const known = this.pages.get(name)
    if (known !== undefined) return known
    const page = make()
    // A page that cannot be made at once is none that would be used again.
    if (page !== null && page.piece !== null) this.keep(name, page, page.piece.length)
    return page
  }

  clear(): void {
    for (const { piece } of this.pages.values()) giveBack(piece)
    this.pages.clear()
    this.bytes = 0
  }

  private keep(name: string, page: JsonPage, size: number): void {
    for (const [oldest, { piece }] of this.pages) {
      if (this.bytes + size <= MAX_BYTES) break
      this.pages.delete(oldest)
      this.bytes -= piece?.length ?? 0
      // Readers have copies.
      giveBack(piece)
    }
    this.pages.set(name, page)
    this.bytes += size
  }
}
