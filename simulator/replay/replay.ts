import { sleep, type Clock } from "../core/clock.ts"
import { ApiError, errorResponse } from "../core/errors.ts"
import { sha256 } from "../core/sha256.ts"
import { ConnectionReset } from "../sse/stream.ts"
import { bodyOf, kindOf, type Exchange, type ExchangeKind, type Recording } from "./recording.ts"

export interface ReplayOptions {
  readonly clock: Clock
  /** Goes this many times as fast as it was recorded. */
  readonly speed?: number
}

/** Answers like Parallel's API, for one kind of group: the recorded one. */
export interface Replay {
  handle(request: Request): Promise<Response>
}

/** One replay of the recording; the first has its ids, later ones get ids of their own. */
interface Take {
  readonly group: string
  readonly rename: (text: string) => string
  readonly knows: (id: string) => boolean
  readonly original: (id: string) => string
  readonly createdAt: number
  addedAt: number | null
  /** Errors are told once each, as they came; then it goes on with what came after them. */
  readonly told: Set<number>
}

const ID = /\b(?:tgrp|trun)_[0-9A-Za-z]+/g

const renamed = (id: string, turn: number): string => {
  const [prefix = "", tail = ""] = id.split("_")
  let hex = ""
  while (hex.length < tail.length) hex += sha256(`${turn}/${hex.length}/${id}`)
  return `${prefix}_${hex.slice(0, tail.length)}`
}

const isError = ({ status }: Exchange) => status !== null && status >= 400

export const createReplay = (recording: Recording, options: ReplayOptions): Replay => {
  const { clock } = options
  const speed = options.speed ?? 1
  const answered = recording.exchanges.filter(({ status, end }) => status !== null && end !== null)
  const of = (kind: ExchangeKind) => answered.filter(({ method, path }) => kindOf(method, path).kind === kind)
  const creation = of("create").find(({ status }) => status === 200)
  const addition = of("add").find(({ status }) => status === 200)
  if (creation === undefined || addition === undefined || addition.endedAt === null)
    throw new Error("nothing to replay: no group was created, or no runs were added, in this recording")
  const addedAt = addition.endedAt
  const runs = (JSON.parse(bodyOf(addition)) as { run_ids: ReadonlyArray<string> }).run_ids
  const groupId = kindOf(addition.method, addition.path).id
  const takes: Take[] = []

  const newTake = (): Take => {
    const turn = takes.length
    const back = new Map<string, string>()
    const rename = (text: string) => (turn === 0 ? text : text.replace(ID, (id) => renamed(id, turn)))
    for (const id of [groupId, ...runs]) back.set(rename(id), id)
    const take: Take = {
      group: rename(groupId),
      rename,
      knows: (id) => back.has(id),
      original: (id) => back.get(id) ?? id,
      createdAt: clock.now(),
      addedAt: null,
      told: new Set(),
    }
    takes.push(take)
    return take
  }

  /** The recording's time that it is now in a take. */
  const timeIn = (take: Take): number =>
    take.addedAt === null
      ? Math.min((creation.endedAt ?? 0) + (clock.now() - take.createdAt) * speed, addedAt - 1)
      : addedAt + (clock.now() - take.addedAt) * speed

  const until = (take: Take, at: number, signal: AbortSignal) =>
    sleep(clock, (at - timeIn(take)) / speed, signal)

  /** What was answered to this request at this time, or else first after it. */
  const choose = (take: Take, candidates: ReadonlyArray<Exchange>, time: number): Exchange | undefined => {
    const untold = candidates.filter((exchange) => !isError(exchange) || !take.told.has(exchange.x))
    const usable = untold.length > 0 ? untold : candidates
    return usable.findLast(({ openedAt }) => openedAt <= time) ?? usable[0]
  }

  const find = (take: Take, request: Request, url: URL): Exchange => {
    const { kind, id } = kindOf(request.method, url.pathname)
    const same = of(kind).filter(({ path, method }) => kindOf(method, path).id === take.original(id))
    const given = (names: ReadonlyArray<string>) => (exchange: Exchange) =>
      names.every((name) => (exchange.query[name] ?? null) === url.searchParams.get(name))
    const closest = [
      ["last_event_id", "status", "include_output", "include_input"],
      ["status", "include_output"],
      ["status"],
    ]
    for (const names of closest) {
      const found = choose(take, same.filter(given(names)), timeIn(take))
      if (found !== undefined) return found
    }
    throw new ApiError(404, "Not in this recording")
  }

  const head = (exchange: Exchange) => ({
    status: exchange.status ?? 200,
    headers: Object.fromEntries(
      Object.entries(exchange.answerHeaders).filter(([name]) => name !== "content-encoding"),
    ),
  })

  const playAnswer = async (take: Take, exchange: Exchange, request: Request): Promise<Response> => {
    take.told.add(exchange.x)
    const took = (exchange.endedAt ?? exchange.openedAt) - exchange.openedAt
    await sleep(clock, took / speed, request.signal)
    return new Response(take.rename(bodyOf(exchange)) || null, head(exchange))
  }

  /** A result is there when it was there, and not before. */
  const playResult = async (
    take: Take,
    exchange: Exchange,
    request: Request,
    url: URL,
  ): Promise<Response> => {
    const patience = Number(url.searchParams.get("timeout") ?? 600) * 1_000
    const missing = ((exchange.answeredAt ?? 0) - timeIn(take)) / speed
    if (exchange.status === 200 && missing > patience) {
      await sleep(clock, patience, request.signal)
      throw new ApiError(408, "Run is still active: timed out waiting for it")
    }
    if (exchange.status === 200) await sleep(clock, missing, request.signal)
    take.told.add(exchange.x)
    return new Response(take.rename(bodyOf(exchange)) || null, head(exchange))
  }

  const events = of("events").filter(
    ({ path, method, status, query }) =>
      kindOf(method, path).id === groupId && status === 200 && query["timeout"] === undefined,
  )
  const isFresh = ({ query, headers }: Exchange) =>
    query["last_event_id"] === undefined && headers["last-event-id"] === undefined
  const fresh = events.filter(isFresh)
  /** The stream that was open longest tells what others did not wait for. */
  const longest = fresh.toSorted((x, y) => bodyOf(y).length - bodyOf(x).length).at(0)

  const scriptFor = (cursor: string | null, time: number): Script => {
    if (cursor === null) {
      const exchange = fresh.findLast(({ openedAt }) => openedAt <= time) ?? fresh[0]
      return exchange === undefined
        ? { marks: [], end: "left", endAt: 0 }
        : continued(scriptOf(exchange), exchange, longest)
    }
    const exact = events.findLast(
      ({ query, openedAt }) => query["last_event_id"] === cursor && openedAt <= time,
    )
    if (exact !== undefined) return continued(scriptOf(exact), exact, longest)
    for (const exchange of [...(longest === undefined ? [] : [longest]), ...events]) {
      const after = afterId(exchange, cursor)
      if (after !== null) return continued(after, exchange, longest)
    }
    const refused = of("events").find(
      ({ status, query }) => status !== 200 && query["last_event_id"] !== undefined,
    )
    if (refused !== undefined) throw new ApiError(refused.status ?? 404, "Event id not found")
    return scriptFor(null, time)
  }

  const playEvents = (take: Take, request: Request, url: URL): Response => {
    const script = scriptFor(url.searchParams.get("last_event_id"), timeIn(take))
    const encoder = new TextEncoder()
    let next = 0
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>(
      {
        async pull(controller) {
          const mark = script.marks[next++]
          const { signal } = request
          if (mark !== undefined) {
            await until(take, mark.at, signal)
            if (signal.aborted) return controller.error(new ConnectionReset("aborted"))
            return controller.enqueue(encoder.encode(take.rename(mark.text)))
          }
          // Whoever made the recording went away: nobody knows how it would have gone on.
          if (script.end === "left") await sleep(clock, FOREVER_MS, signal)
          else await until(take, script.endAt, signal)
          if (script.end === "broken" || signal.aborted) return controller.error(new ConnectionReset())
          controller.close()
        },
      },
      { highWaterMark: 0 },
    )
    return new Response(body, {
      headers: longest === undefined ? { "content-type": "text/event-stream" } : head(longest).headers,
    })
  }

  const add = async (take: Take, request: Request): Promise<Response> => {
    const body = (await request.json().catch(() => null)) as { inputs?: unknown } | null
    const count = Array.isArray(body?.inputs) ? body.inputs.length : 0
    if (take.addedAt !== null || count !== runs.length)
      throw new ApiError(
        422,
        `This is a recording of one POST with ${runs.length} inputs: send as many, once`,
      )
    const response = await playAnswer(take, addition, request)
    take.addedAt = clock.now()
    return response
  }

  const answer = async (request: Request, url: URL): Promise<Response> => {
    const { kind, id } = kindOf(request.method, url.pathname)
    if ((request.headers.get("x-api-key") ?? "") === "") throw new ApiError(401, "Missing API key.")
    if (kind === "create") return playAnswer(newTake(), creation, request)
    const take = takes.find((one) =>
      kind === "run" || kind === "result" ? one.knows(id) : url.pathname.split("/").includes(one.group),
    )
    if (take === undefined) throw new ApiError(404, "Not in this recording")
    if (kind === "add") return add(take, request)
    if (kind === "events") return playEvents(take, request, url)
    const exchange = find(take, request, url)
    return kind === "result" ? playResult(take, exchange, request, url) : playAnswer(take, exchange, request)
  }

  return {
    async handle(request) {
      const url = new URL(request.url)
      if (url.pathname.startsWith("/_sim"))
        return Response.json({
          replay: { started: recording.started, runs: runs.length, takes: takes.length },
        })
      try {
        return await answer(request, url)
      } catch (error) {
        if (!(error instanceof ApiError)) throw error
        return errorResponse(error, "upstream", "replay", 0)
      }
    },
  }
}

const FOREVER_MS = 3_600_000

interface Mark {
  readonly at: number
  readonly text: string
}

interface Script {
  readonly marks: ReadonlyArray<Mark>
  readonly end: "clean" | "broken" | "left"
  readonly endAt: number
}

/** What came when, after so many characters. */
const scriptOf = (exchange: Exchange, from = 0): Script => {
  let sent = 0
  const marks = exchange.pieces.flatMap(({ at, text }) => {
    const rest = text.slice(Math.max(0, from - sent))
    sent += text.length
    return rest === "" ? [] : [{ at, text: rest }]
  })
  return { marks, end: exchange.end ?? "left", endAt: exchange.endedAt ?? 0 }
}

/** What came after the event of this id; null where there is none. */
const afterId = (exchange: Exchange, id: string): Script | null => {
  const text = bodyOf(exchange)
  const quoted = JSON.stringify(id).replace(/[.*+?^${}()|[\]\\]/g, "\\$&")
  const at = [...text.matchAll(new RegExp(`"event_id":\\s*${quoted}`, "g"))].at(-1)?.index
  if (at === undefined) return null
  const rest = /\r\n\r\n|\n\n|\r\r/.exec(text.slice(at))
  return rest === null ? null : scriptOf(exchange, at + rest.index + rest[0].length)
}

/** A stream that was left early goes on as the longest one did. */
const continued = (script: Script, exchange: Exchange, longest: Exchange | undefined): Script => {
  if (script.end !== "left" || longest === undefined || longest.x === exchange.x) return script
  const rest = scriptOf(longest)
  return {
    marks: [...script.marks, ...rest.marks.filter(({ at }) => at > script.endAt)],
    end: rest.end,
    endAt: rest.endAt,
  }
}
