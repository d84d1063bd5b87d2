import { pause } from "../client/leash.ts"
import type { Interruption } from "./Interruption.ts"
import type { World } from "./World.ts"

/** Whether somebody is there to be asked: reads what is asked on stderr, and types. */
export const mayAsk = ({ stdin, stderr }: World): boolean => stdin.isTTY === true && stderr.isTTY === true

/** Whether a question was answered with yes; anything else, and the end of input, is a no. */
export const askYesNo = async (
  world: World,
  interruption: Interruption,
  question: string,
): Promise<boolean> => {
  await forgetTyped(world, interruption)
  world.stderr.write(`${question} [y/N] `)
  let typed = ""
  const answer = await read(world, interruption, (text) => {
    typed += text
    return /^(.*?)[\r\n]/s.exec(typed)?.[1] ?? null
  })
  if (answer === null) world.stderr.write("\n")
  return /^\s*y(?:es)?\s*$/i.test(answer ?? "")
}

/** A terminal that has something to read says so at once. */
const TYPED_MS = 50

/** What was typed, or pasted along with a command, before there was a question is no answer to it. */
const forgetTyped = async ({ stdin }: World, interruption: Interruption): Promise<void> => {
  const onData = (bytes: Buffer | string) => {
    if (String(bytes).includes("\x03")) interruption.raise("SIGINT")
  }
  // In raw mode a line without an end is there, too.
  stdin.setRawMode?.(true)
  // What is wrong with it is told to who asks.
  const ignore = () => {}
  stdin.on("data", onData).on("error", ignore).resume()
  try {
    await pause(TYPED_MS, interruption.signal)
  } finally {
    stdin.off("data", onData).off("error", ignore).pause()
    stdin.setRawMode?.(false)
  }
}

/** What was typed, shown nowhere; null: the input ended without it. The terminal is as it was afterwards. */
export const askSecret = async (
  world: World,
  interruption: Interruption,
  question: string,
): Promise<string | null> => {
  const { stdin, stderr } = world
  const entry = new HiddenEntry()
  stderr.write(`${question} `)
  stdin.setRawMode?.(true)
  try {
    const how = await read(world, interruption, (text) => {
      const end = entry.push(text)
      if (end !== "interrupted") return end
      // In raw mode Ctrl-C is a character like any other.
      interruption.raise("SIGINT")
      return null
    })
    return how === "entered" ? entry.typed.trim() : null
  } finally {
    stdin.setRawMode?.(false)
    stderr.write("\n")
  }
}

/** Reads until `take` makes something of what came; null at the end of input. */
const read = async <A>(
  { stdin }: World,
  interruption: Interruption,
  take: (text: string) => A | null,
): Promise<A | null> => {
  const decoder = new TextDecoder()
  let stop = () => {}
  try {
    return await interruption.race(
      new Promise<A | null>((resolve, reject) => {
        const onData = (bytes: Buffer | string) => {
          const taken = take(typeof bytes === "string" ? bytes : decoder.decode(bytes, { stream: true }))
          if (taken !== null) resolve(taken)
        }
        const onEnd = () => resolve(null)
        stdin.on("data", onData).on("end", onEnd).on("close", onEnd).on("error", reject)
        stop = () => {
          stdin.off("data", onData).off("end", onEnd).off("close", onEnd).off("error", reject)
          stdin.pause()
        }
        if (stdin.readableEnded || stdin.destroyed) resolve(null)
        else stdin.resume()
      }),
    )
  } finally {
    stop()
  }
}

const PASTE_BEGINS = "[200~"
const PASTE_ENDS = "[201~"

/** A line as a terminal in raw mode sends it: keys that edit, and pieces that it brackets because they were pasted. */
class HiddenEntry {
  typed = ""
  /** What has come of an escape sequence; null: none has begun. */
  private escape: string | null = null
  private isPasting = false

  push(text: string): "entered" | "ended" | "interrupted" | null {
    for (const char of text) {
      const end = this.escape === null ? this.take(char) : this.takeEscaped(char)
      if (end !== null) return end
    }
    return null
  }

  private take(char: string): "entered" | "ended" | "interrupted" | null {
    switch (char) {
      case "\x03":
        return "interrupted"
      case "\x04":
        return this.typed === "" ? "ended" : null
      case "\r":
      case "\n":
        return this.isPasting ? null : "entered"
      case "\x1b":
        this.escape = ""
        return null
      case "\b":
      case "\x7f":
        this.typed = Array.from(this.typed).slice(0, -1).join("")
        return null
      case "\x15":
        this.typed = ""
        return null
      default:
        if (char >= " ") this.typed += char
        return null
    }
  }

  /** Sequences are `ESC [ … letter or ~`, or two characters; Ctrl-C ends it all. */
  private takeEscaped(char: string): "interrupted" | null {
    if (char === "\x03") return "interrupted"
    this.escape += char
    const isOpen = this.escape === "[" || this.escape === "O" || /^\[[\x20-\x3f]+$/.test(this.escape ?? "")
    if (isOpen) return null
    if (this.escape === PASTE_BEGINS) this.isPasting = true
    if (this.escape === PASTE_ENDS) this.isPasting = false
    this.escape = null
    return null
  }
}
