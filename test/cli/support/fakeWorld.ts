import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { PassThrough } from "node:stream"
import { onTestFinished } from "vitest"
import { Interruption } from "../../../src/cli/Interruption.ts"
import { run } from "../../../src/cli/program.ts"
import type { World } from "../../../src/cli/World.ts"
import { Kept } from "./world.ts"

/** A stream that says when something has been written to it. */
export class Watched extends Kept {
  private readonly waiting: Array<{ readonly words: string; readonly resolve: () => void }> = []

  override _write(chunk: string, encoding: string, done: () => void): void {
    super._write(chunk, encoding, done)
    for (const { words, resolve } of this.waiting) if (this.text.includes(words)) resolve()
  }

  /** When these words have been written. */
  shows(words: string): Promise<void> {
    return new Promise((resolve) => {
      if (this.text.includes(words)) resolve()
      else this.waiting.push({ words, resolve })
    })
  }
}

class FakeStdin extends PassThrough {
  readonly isTTY: boolean
  /** What was asked of the terminal. */
  readonly rawModes: Array<boolean> = []

  constructor(isTTY: boolean) {
    super()
    this.isTTY = isTTY
  }

  setRawMode(on: boolean): void {
    this.rawModes.push(on)
  }
}

export interface FakeWorld extends World {
  readonly stdin: FakeStdin
  readonly stdout: Watched
  readonly stderr: Watched
  /** A folder of its own, in which `write` writes. */
  readonly home: string
  readonly write: (name: string, text: string) => string
}

export const HOST = "https://multitask.example"
export const KEY = "key-of-the-test-0123456789"

export const fakeWorld = ({
  fetch = () => Promise.reject(new Error("nothing is to be sent")),
  isTerminal = false,
  env = { MULTITASK_URL: HOST, PARALLEL_API_KEY: KEY },
}: {
  readonly fetch?: typeof globalThis.fetch
  readonly isTerminal?: boolean
  readonly env?: Readonly<Record<string, string>>
} = {}): FakeWorld => {
  const home = mkdtempSync(join(tmpdir(), "multitask-cli-"))
  onTestFinished(() => rmSync(home, { recursive: true, force: true }))
  return {
    env,
    stdin: new FakeStdin(isTerminal),
    stdout: new Watched(isTerminal ? 80 : undefined),
    stderr: new Watched(isTerminal ? 80 : undefined),
    fetch,
    now: Date.now,
    platform: "linux",
    home,
    write: (name, text) => {
      const path = join(home, name)
      writeFileSync(path, text)
      return path
    },
  }
}

/**
 * Runs a command to its end. What the terminal shows must not have the key in it, whatever happens.
 * Its home is shown as `~`.
 */
export const runIn = async (
  world: FakeWorld,
  argv: ReadonlyArray<string>,
  interruption = new Interruption(),
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> => {
  const code = await run(argv, world, interruption)
  const [out, err] = [world.stdout.text, world.stderr.text]
  if ((out + err).includes(KEY)) throw new Error("the key is shown")
  const shown = (text: string) => text.replaceAll(world.home, "~")
  return { code, out: shown(out), err: shown(err) }
}
