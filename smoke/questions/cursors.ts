import { type Facts, isKnown, listedRuns, type Stream } from "../facts.ts"
import { a, b, open, type Question } from "../verdict.ts"
import { connectBeginning } from "./events.ts"

const known = ({ events }: Stream) => events.filter(isKnown)

/** What came back, for comparing: a refusal by its status, a listing by its runs, a stream by what it told. */
const outcomeOf = (stream: Stream, listing: boolean): string => {
  if (stream.exchange.status !== 200) return `status ${stream.exchange.status ?? "none"}`
  return listing
    ? listedRuns(stream).join()
    : known(stream)
        .map(({ key }) => key)
        .join()
}

const last = (streams: ReadonlyArray<Stream>, name: string) =>
  streams.findLast(({ exchange }) => exchange.by === name && exchange.status !== null)

/** Whether a stream has the log's first entry in it; by its id as well, where streams share their ids. */
const beginsAgain = (facts: Facts, stream: Stream): boolean => {
  const [first] = facts.log.filter(({ at }) => at < stream.exchange.openedAt)
  const got = known(stream)
  const sharesIds = got.some(({ id }) => id !== null && facts.log.some((entry) => entry.id === id))
  return got.some(({ key, id }) => key === first?.key && (!sharesIds || id === first.id))
}

type Effect = "goes on" | "starts again" | "refused" | "nothing" | "unclear"

/** What a cursor did on /events: where did the stream begin? */
const effectOf = (facts: Facts, stream: Stream | undefined, cursor: string | undefined): Effect => {
  if (stream === undefined || stream.exchange.status === null) return "unclear"
  if (stream.exchange.status !== 200) return "refused"
  const log = facts.log.filter(({ at }) => at < stream.exchange.openedAt)
  const place = log.findLastIndex(({ id }) => id !== null && id === cursor)
  const expected = place < 0 ? [] : log.slice(place + 1)
  const got = known(stream)
  if (expected.length === 0) return "unclear"
  if (got.length === 0) return "nothing"
  const keys = got.map(({ key }) => key)
  const has = (events: ReadonlyArray<{ key: string }>) => events.every(({ key }) => keys.includes(key))
  if (beginsAgain(facts, stream) && !expected.some(({ key }) => key === log[0]?.key)) return "starts again"
  return has(expected) ? "goes on" : "unclear"
}

const both = (facts: Facts, name: string) =>
  facts.streams.filter(({ exchange }) => exchange.by === name).toReversed()

const unknownOnEvents = (facts: Facts) => {
  const stream = last(facts.streams, "events:unknown")
  if (stream === undefined) return open("no event id was seen to make one from")
  const { status } = stream.exchange
  if (status !== 200) return a(`refused with ${status}`, "an id of the same look that no event had")
  const beginning = connectBeginning(facts)
  const [first] = facts.log.filter(({ at }) => at < stream.exchange.openedAt)
  const keys = known(stream).map(({ key }) => key)
  if (first === undefined) return open("nothing could have come")
  if (beginsAgain(facts, stream))
    return b(
      "from the start",
      beginning?.is === "replay"
        ? "everything came, as without a cursor"
        : "everything came, other than without a cursor",
    )
  const fresh = last(facts.streams, "events:late")
  if (keys.length === 0 && fresh !== undefined && known(fresh).length > 0)
    return b("an empty stream", "nothing came, though without a cursor something does")
  if (fresh !== undefined && outcomeOf(fresh, false) === outcomeOf(stream, false) && keys.length > 0)
    return b("as if none was given", "the same came as without a cursor")
  return open(
    keys.length === 0
      ? "nothing came, but without a cursor nothing does either"
      : "what came fits no pattern",
  )
}

const unknownOnRuns = (facts: Facts) => {
  const listing = last(facts.listings, "list:unknown")
  if (listing === undefined) return open("no run's event id was seen to make one from")
  const { status } = listing.exchange
  if (status !== 200) return a(`refused with ${status}`, "an id of the same look that no run had")
  const count = listedRuns(listing).length
  if (count === 0) return b("an empty listing", "no run was listed")
  return b("from the start", `${count} runs were listed, as without a cursor`)
}

export const cursorQuestions: ReadonlyArray<Question> = [
  {
    id: "U2c",
    question: "Does an event's id resume /events after it?",
    judge: (facts) => {
      const effects = both(facts, "events:after").map((stream) =>
        effectOf(facts, stream, stream.cursor ?? undefined),
      )
      if (effects.includes("goes on"))
        return a("yes", "a stream after the first event's id began with the second")
      if (effects.includes("starts again")) return b("no: it starts again", "the first event came again")
      if (effects.includes("refused")) return b("no: it is refused", "an id that had just been sent")
      return open(
        effects.includes("nothing")
          ? "nothing came, though more had been told"
          : "there was nothing to repeat",
      )
    },
  },
  {
    id: "U3",
    question: "Do cursors of /runs work on /events, and the other way round?",
    judge: (facts) => {
      const pairs = [
        {
          foreign: last(facts.streams, "events:foreign"),
          unknown: last(facts.streams, "events:unknown"),
          own: facts.streams,
          listing: false,
          where: "/events",
        },
        {
          foreign: last(facts.listings, "list:foreign"),
          unknown: last(facts.listings, "list:unknown"),
          own: facts.listings,
          listing: true,
          where: "/runs",
        },
      ]
      const compared: string[] = []
      for (const { foreign, unknown, own, listing, where } of pairs) {
        if (foreign === undefined || unknown === undefined) continue
        if (own.some(({ events }) => events.some(({ id }) => id !== null && id === foreign.cursor))) continue
        if (outcomeOf(foreign, listing) !== outcomeOf(unknown, listing) && foreign.exchange.status === 200)
          return b("yes", `${where} takes the other's cursor, and treats an unknown one otherwise`)
        compared.push(where)
      }
      return compared.length === 0
        ? open("the ids of both look alike, or there were none")
        : a("no", `${compared.join(" and ")}: the other's cursor did what an unknown one does`)
    },
  },
  { id: "U8", question: "What does an unknown cursor do on /events?", judge: unknownOnEvents },
  { id: "U8b", question: "What does an unknown cursor do on /runs?", judge: unknownOnRuns },
  {
    id: "U24",
    question: "Does a Last-Event-ID header count?",
    judge: (facts) => {
      for (const stream of both(facts, "events:header")) {
        const cursor = stream.exchange.headers["last-event-id"]
        const effect = effectOf(facts, stream, cursor)
        const query = both(facts, "events:after").map((other) => effectOf(facts, other, cursor))
        if (effect === "goes on" && connectBeginning(facts)?.is === "replay")
          return b("yes", "the stream began after the id in the header")
        if (effect === "starts again") return a("no", "the stream began as if there were no header")
        const fresh = last(facts.streams, "events:late")
        if (effect === "goes on") {
          const told = fresh === undefined ? "" : outcomeOf(fresh, false)
          return told === outcomeOf(stream, false)
            ? a("no", "the stream began as if there were no header")
            : b("yes", "the stream began after the id in the header")
        }
        if (
          query.includes("goes on") &&
          fresh !== undefined &&
          outcomeOf(fresh, false) === outcomeOf(stream, false)
        )
          return a("no", "the stream began as without it, while the query parameter works")
      }
      return open("there was nothing to tell it by")
    },
  },
  {
    id: "U24b",
    question: "Are event streams compressed?",
    judge: (facts) => {
      const streams = facts.streams.filter(({ exchange }) => exchange.status === 200)
      if (streams.length === 0) return open("no stream was had")
      const coding = streams
        .map(({ exchange }) => exchange.answerHeaders["content-encoding"])
        .find((value) => value !== undefined)
      return coding === undefined
        ? a("no", `${streams.length} streams without content-encoding`)
        : b(`yes: ${coding}`, "content-encoding on a stream")
    },
  },
]
