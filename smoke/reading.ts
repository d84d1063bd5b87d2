import { type Clock } from "../simulator/index.ts"
import { makeSseParser } from "../src/layers/parallel/sseParser.ts"

/** Loosely typed, for whatever a server says. */
export type Json = Record<string, unknown>

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value)

export const objectOf = (value: unknown): Json => (isObject(value) ? value : {})
/** Null, or not there at all: Parallel leaves out what has no value, or says null. */
export const isMissing = (value: unknown): boolean => value === null || value === undefined
export const textOf = (value: unknown): string | null => (typeof value === "string" ? value : null)

export const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** An answer that is being read in the background. */
export interface Reading {
  readonly status: number
  readonly text: string
  readonly events: ReadonlyArray<Json>
  readonly ended: boolean
  /** When something last came. */
  readonly lastAt: number
  readonly done: Promise<void>
  leave(): void
}

export const readInBackground = (
  response: Response,
  clock: Clock,
  leave: () => void,
  onChange: () => void,
): Reading => {
  const parser = makeSseParser()
  const decoder = new TextDecoder()
  const state = { text: "", events: [] as Json[], ended: false, lastAt: clock.now() }
  const read = async () => {
    const reader = response.body?.getReader()
    try {
      for (;;) {
        const { done, value } = (await reader?.read()) ?? { done: true, value: undefined }
        if (done) break
        const text = decoder.decode(value, { stream: true })
        state.lastAt = clock.now()
        state.text += text
        for (const { data } of parser.push(text)) state.events.push(objectOf(parseJson(data)))
        onChange()
      }
    } catch {
      // The recording has how it ended.
    }
    state.ended = true
    onChange()
  }
  const done = read()
  return {
    status: response.status,
    get text() {
      return state.text
    },
    get events() {
      return state.events
    },
    get ended() {
      return state.ended
    },
    get lastAt() {
      return state.lastAt
    },
    done,
    leave,
  }
}

/** Waits on the clock, or until the signal aborts. */
export const pause = (clock: Clock, ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const done = () => {
      cancel()
      signal.removeEventListener("abort", done)
      resolve()
    }
    const cancel = clock.setTimer(ms, done)
    signal.addEventListener("abort", done)
  })
