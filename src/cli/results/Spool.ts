import { createReadStream, createWriteStream, type WriteStream } from "node:fs"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"

/** What is kept in memory, in characters; more goes to a file. */
const MAX_CHARS = 8 * 1024 * 1024

/** Lines that are read again once all are there, whatever room they take. */
export class Spool {
  private kept: Array<string> = []
  private chars = 0
  private folder: string | null = null
  private stream: WriteStream | null = null
  private readonly maxChars: number

  constructor(maxChars = MAX_CHARS) {
    this.maxChars = maxChars
  }

  /** None has a line end in it. */
  async add(lines: ReadonlyArray<string>): Promise<void> {
    for (const line of lines) {
      this.kept.push(line)
      this.chars += line.length
    }
    if (this.chars > this.maxChars) await this.spill()
  }

  async *lines(): AsyncGenerator<string> {
    if (this.stream !== null) {
      await this.spill()
      // Other readers of lines also stop at characters that JSON has in its strings.
      let rest = ""
      for await (const chunk of createReadStream(this.stream.path, "utf8")) {
        const parts = (rest + String(chunk)).split("\n")
        rest = parts.pop()!
        yield* parts
      }
    } else yield* this.kept
  }

  async close(): Promise<void> {
    this.stream?.destroy()
    if (this.folder !== null) await rm(this.folder, { recursive: true, force: true })
  }

  private async spill(): Promise<void> {
    const stream = (this.stream ??= await this.open())
    const text = this.kept.map((line) => `${line}\n`).join("")
    this.kept = []
    this.chars = 0
    await new Promise<void>((resolve, reject) => {
      stream.write(text, (error) => (error ? reject(error) : resolve()))
    })
  }

  /** Others on the machine may not look into it. */
  private async open(): Promise<WriteStream> {
    this.folder = await mkdtemp(join(tmpdir(), "parallel-multitask-"))
    return createWriteStream(join(this.folder, "rows"), { mode: 0o600 }).on("error", () => {})
  }
}
