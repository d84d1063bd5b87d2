import * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Pull from "effect/Pull"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { type ChangeNumber, readChangeNumber } from "../domain/Ids.ts"
import { followObject, type ObjectConnection, reachObject } from "../domain/Schedules.ts"

/** The object cannot be reached, broke off or fell silent: it can be asked again. */
export class ObjectLost extends Schema.TaggedError<ObjectLost>()("ObjectLost", {}) {}

export interface EventProxyOptions {
  /** Opens the object's stream behind an id. */
  readonly open: (lastEventId: ChangeNumber | null, signal: AbortSignal) => Promise<Response>
  readonly lastEventId: ChangeNumber | null
  /** Without a byte for this long, counted from the start of an attempt, the object is taken for lost. */
  readonly silence: Duration.Duration
}

const NEWLINE = 10
const COLON = 58
const ID = [105, 100, 58, 32] // "id: "

/**
 * Where what can be passed on ends: behind the last blank line, and behind whole comment lines that follow it. The
 * bytes begin between two events. 0 when nothing is whole.
 */
const endOfEvents = (bytes: Uint8Array): number => {
  let end = 0
  for (let at = bytes.lastIndexOf(NEWLINE); at >= 0;) {
    const before = at === 0 ? -1 : bytes.lastIndexOf(NEWLINE, at - 1)
    if (before === at - 1) return end === 0 ? at + 1 : end
    // A comment above a field belongs to an event that is not whole yet.
    if (bytes[before + 1] !== COLON) end = 0
    else if (end === 0) end = at + 1
    at = before
  }
  return end
}

/** Cuts a stream of bytes after the last whole event it holds. What comes as whole events, as most does, is not copied. */
const makeCutter = () => {
  let pending = new Uint8Array(0)
  return (chunk: Uint8Array): Uint8Array | null => {
    let bytes = chunk
    if (pending.length > 0) {
      bytes = new Uint8Array(pending.length + chunk.length)
      bytes.set(pending)
      bytes.set(chunk, pending.length)
    }
    const end = endOfEvents(bytes)
    pending = end === bytes.length ? new Uint8Array(0) : bytes.slice(end)
    return end === 0 ? null : end === bytes.length ? bytes : bytes.slice(0, end)
  }
}

/** The last id in whole events: the lines are our own, so that they have just one form, `id: ` and digits. */
const lastIdIn = (bytes: Uint8Array): ChangeNumber | null => {
  for (let end = bytes.length; end > 0;) {
    end = bytes.lastIndexOf(NEWLINE, end - 1)
    const line = end < 0 ? 0 : end + 1
    if (ID.every((byte, at) => bytes[line + at] === byte)) {
      let id = ""
      for (let at = line + ID.length; at < bytes.length && bytes[at] !== NEWLINE; at++) {
        id += String.fromCharCode(bytes[at]!)
      }
      return readChangeNumber(id)
    }
    if (end < 0) return null
  }
  return null
}

/**
 * What is read at once: without a buffer of ours the platform hands out 4 KB at a time, an event or two. Each viewer that
 * waits holds one; where one was filled there is more, which is taken at once.
 */
const READ_BYTES = 32 * 1024
const READ_MORE_BYTES = 128 * 1024

/** Each read of a body as much as there is; null at its end. */
const readerOf = (body: ReadableStream<Uint8Array>) => {
  const large = largeReader(body)
  const reader = large ?? body.getReader()
  let size = READ_BYTES
  const next =
    large === null
      ? () => (reader as ReadableStreamDefaultReader<Uint8Array>).read()
      : () => large.read(new Uint8Array(size))
  return {
    read: () =>
      next().then(({ done, value }) => {
        size = value?.length === size ? READ_MORE_BYTES : READ_BYTES
        return done ? null : value
      }),
    cancel: () => void reader.cancel().catch(() => {}),
  }
}

/** Null for a stream that does not take buffers: those of the platform do. */
const largeReader = (body: ReadableStream<Uint8Array>): ReadableStreamBYOBReader | null => {
  try {
    return body.getReader({ mode: "byob" })
  } catch {
    return null
  }
}

/**
 * Waits for the object, never longer than `silence` without a byte: neither from now to the first one, however many
 * steps that takes, nor between two. Time in which nobody waits, because the viewer is slow, does not count. One timer
 * looks after all waiting: a timer for each read costs more than the read.
 */
const makePatience = Effect.fnUntraced(function* (silence: Duration.Duration) {
  const clock = yield* Clock.Clock
  const limit = Duration.toMillis(silence)
  let silentSince: number | null = clock.currentTimeMillisUnsafe()
  let giveUp = () => {}
  const watch = Effect.gen(function* () {
    for (;;) {
      const left = silentSince === null ? limit : silentSince + limit - clock.currentTimeMillisUnsafe()
      if (left <= 0) return giveUp()
      yield* Effect.sleep(Duration.millis(left))
    }
  })
  yield* Effect.forkScoped(watch)
  return {
    wait: <A>(ask: () => Promise<A>): Effect.Effect<A, ObjectLost> =>
      Effect.callback((resume) => {
        silentSince ??= clock.currentTimeMillisUnsafe()
        giveUp = () => resume(Effect.fail(new ObjectLost()))
        ask().then((answer) => resume(Effect.succeed(answer)), giveUp)
      }),
    heard: () => {
      silentSince = null
    },
  }
})

/** Opens the object's stream for the first time. An answer that comes too late is let go. */
export const openEvents = ({
  open,
  lastEventId,
  silence,
}: EventProxyOptions): Effect.Effect<Response, ObjectLost> =>
  Effect.callback<Response, ObjectLost>((resume, signal) => {
    open(lastEventId, signal).then(
      (response) => (signal.aborted ? discard(response) : resume(Effect.succeed(response))),
      () => resume(Effect.fail(new ObjectLost())),
    )
  }).pipe(
    Effect.retry(reachObject),
    Effect.timeoutOrElse({ duration: silence, orElse: () => Effect.fail(new ObjectLost()) }),
  )

const discard = (response: Response) => void response.body?.cancel().catch(() => {})

/**
 * Passes an object's output stream on to a viewer, and survives the object: only whole events are passed on, and when
 * the object restarts, is lost or falls silent, the stream is opened again behind the last id that was passed on. Ends
 * when the object says that there is nothing more (204), or is gone (404). Its scope holds the connection.
 */
export const proxyEvents = (first: Response, options: EventProxyOptions): Stream.Stream<Uint8Array> =>
  Stream.suspend(() => {
    let { lastEventId } = options
    let opened: Response | null = first

    const ask = (signal: AbortSignal): Promise<Response> => {
      if (opened === null) return options.open(lastEventId, signal)
      const response = Promise.resolve(opened)
      opened = null
      return response
    }

    const connection = Effect.fnUntraced(function* (outcome: ObjectConnection) {
      const { signal } = yield* Effect.acquireRelease(
        Effect.sync(() => new AbortController()),
        (abort) => Effect.sync(() => abort.abort()),
      )
      const { wait, heard } = yield* makePatience(options.silence)
      const answer = yield* wait(() => ask(signal).then((response) => takeOver(response, signal)))
      outcome.isOver = answer.status === 404 || answer.status === 204
      if (answer.read === null) return Stream.empty
      const cut = makeCutter()
      const reading = wait(answer.read).pipe(Effect.orElseSucceed(() => null))
      const next: Pull.Pull<Arr.NonEmptyReadonlyArray<Uint8Array>> = Effect.flatMap(reading, (chunk) => {
        if (chunk === null) return Cause.done()
        heard()
        const events = cut(chunk)
        if (events === null) return next
        const id = lastIdIn(events)
        if (id !== null && id !== lastEventId) {
          outcome.hadNews = true
          lastEventId = id
        }
        return Effect.succeed(Arr.of(events))
      })
      return Stream.fromPull(Effect.succeed(next))
    })

    return Stream.fromEffectSchedule(
      Effect.sync((): ObjectConnection => ({ hadNews: false, isOver: false })),
      followObject,
    ).pipe(
      Stream.flatMap((outcome) =>
        Stream.unwrap(connection(outcome)).pipe(Stream.catchTag("ObjectLost", () => Stream.empty)),
      ),
    )
  })

/** Binds an answer's body to the signal, whenever it comes: nobody may be left to read it then. */
const takeOver = ({ body, ok, status }: Response, signal: AbortSignal) => {
  if (body === null) return { status, read: null }
  const { read, cancel } = readerOf(body)
  if (signal.aborted) cancel()
  else signal.addEventListener("abort", cancel, { once: true })
  return { status, read: ok ? read : null }
}
