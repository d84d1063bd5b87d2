import { fetchEventSource } from "@microsoft/fetch-event-source"
import { EventSource } from "eventsource"
import Parallel from "parallel-web"
import type { Stream } from "parallel-web/core/streaming"
import { vi } from "vitest"
import { until } from "../e2e/until.ts"
import { eventsOfLines } from "./splitLines.ts"

const fetchFromHere = globalThis.fetch

/** What a client has taken from a stream so far. */
export class Heard {
  /** As the client gave them: the data's text, or what it made of it. */
  readonly messages: Array<{ readonly event: string; readonly data: unknown }> = []
  /** What it was answered, connection by connection. */
  readonly statuses: Array<number> = []
  /** What it complained of. */
  readonly errors: Array<string> = []

  fetch = async (url: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const response = await fetchFromHere(url, init)
    this.statuses.push(response.status)
    return response
  }

  take(event: string, data: unknown): void {
    this.messages.push({ event, data })
  }
}

const NAMES = ["task_group_status", "task_run.state", "done", "message"]
const STOPS_WITHIN_MS = 20_000

/** Those that connect again by themselves. */
const untilOver = async (source: EventTarget & { close(): void }, heard: Heard, isOver: () => boolean) => {
  for (const name of NAMES)
    source.addEventListener(name, (event) => heard.take(name, (event as MessageEvent).data))
  try {
    await until("the client stops", STOPS_WITHIN_MS, isOver)
  } finally {
    source.close()
  }
}

/** Reads a stream until the client says that it is over. */
type Client = (url: string, heard: Heard) => Promise<void>

const sdk: Client = async (url, heard) => {
  const { origin, pathname } = new URL(url)
  const parallel = new Parallel({ apiKey: "none", baseURL: origin, fetch: heard.fetch, maxRetries: 0 })
  const stream: Stream<{ readonly type: string }> = await parallel.get(pathname, { stream: true })
  for await (const data of stream) heard.take(data.type, data)
}

const eventSource: Client = async (url, heard) => {
  const source = new EventSource(url, { fetch: (address, init) => heard.fetch(address, init) })
  await untilOver(source, heard, () => source.readyState === source.CLOSED)
}

/** It asks its page whether anybody looks, also where it is told not to. */
const fetchBased: Client = async (url, heard) => {
  vi.stubGlobal("window", { setTimeout, clearTimeout })
  vi.stubGlobal("document", { readyState: "complete", removeEventListener: () => {} })
  await fetchEventSource(url, {
    openWhenHidden: true,
    fetch: heard.fetch,
    onmessage: ({ event, data }) => {
      // As its users do with every message.
      JSON.parse(data)
      heard.take(event, data)
    },
    onerror: (error) => void heard.errors.push(String(error)),
  })
}

/**
 * It takes the page's `fetch` once, when it is loaded. A 204 should stop it, but by `fetch` it stumbles over the body that
 * is none and tries again, ever more rarely: what counts is that nothing comes again.
 */
const polyfill: Client = async (url, heard) => {
  const errors = vi
    .spyOn(console, "error")
    .mockImplementation((error) => void heard.errors.push(String(error)))
  globalThis.fetch = heard.fetch
  const { EventSourcePolyfill } = await import("event-source-polyfill")
  globalThis.fetch = fetchFromHere
  await untilOver(new EventSourcePolyfill(url), heard, () => heard.errors.length > 0)
  errors.mockRestore()
}

const lineSplitter: Client = async (url, heard) => {
  const { body } = await heard.fetch(url)
  for await (const { event, data } of eventsOfLines(body!)) heard.take(event, data)
}

/** The clients, what each is answered until it stops, and what it complains of then. */
export const CLIENTS: Readonly<Record<string, readonly [Client, ReadonlyArray<number>, RegExp?]>> = {
  "Parallel's SDK": [sdk, [200]],
  eventsource: [eventSource, [200, 204]],
  "@microsoft/fetch-event-source": [fetchBased, [200]],
  "event-source-polyfill": [polyfill, [200, 204], /null/],
  "a reader of lines as Python has them": [lineSplitter, [200]],
}
