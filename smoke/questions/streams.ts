import { type Answer, type Facts, isKnown, isRun, isTerminal, runsIn } from "../facts.ts"
import { a, ask, b, open, seconds, tally } from "../verdict.ts"

const keysOf = ({ events }: Answer) => events.filter(isKnown).map(({ key }) => key)
const logBefore = ({ log }: Facts, { openedAt }: Answer) => log.filter(({ at }) => at < openedAt)

/** What came back, for comparing: a refusal by its status, a listing by its runs, a stream by what it told. */
const outcomeOf = (answer: Answer): string =>
  answer.status === 200 ? [...runsIn(answer), ...keysOf(answer)].join() : `status ${answer.status}`

/** Whether a stream broke off with an error, or ended at once though runs were active: it shows nothing whole. */
export const brokeOff = ({ activeUntil }: Facts, { events, end, endedAt }: Answer): boolean =>
  events.at(-1)?.type === "error" || (end !== "left" && !events.some(isKnown) && endedAt < activeUntil)

const REPLAY = "everything from the start"

/** What a fresh connection in the middle of a group's life began with. */
const beginningOf = (facts: Facts, stream: Answer): readonly [is: string, why: string] | null => {
  if (stream.status !== 200 || brokeOff(facts, stream)) return null
  const { openedAt, endedAt, answeredAt, events } = stream
  const { counts, seen, runIds } = facts
  const told = logBefore(facts, stream)
  const first = events.find(isKnown)
  const repeated = events.filter(({ key }) => told.some((before) => before.key === key))
  const within = seconds(endedAt - answeredAt)
  const evidence = `${repeated.length} of ${told.length} events told before came within ${within}`
  if (first === undefined) {
    if (told.length > 0) return ["nothing old", evidence]
    return seen.some((run) => isTerminal(run) && run.at < openedAt) ? ["nothing at all", evidence] : null
  }
  // Where counts come late, an old entry of the log is no riddle.
  const isCounted =
    counts.every(({ total }) => total >= runIds.length) && counts.some(({ at }) => at <= openedAt)
  if (first.count !== null && isCounted && first.count.total < runIds.length)
    return ["an old status", `${first.count.total} runs in the first status when there were ${runIds.length}`]
  if (told.length === 0) return null
  if (first.key === told[0]!.key && told.length === 1) return null
  if (first.key === told[0]!.key && repeated.length > 1) return [REPLAY, evidence]
  if (!isRun(first) && !repeated.some(isRun)) return ["a status", evidence]
  return repeated.length === 0 ? ["nothing old", evidence] : null
}

/** The beginning of fresh streams: from the one with most behind it that tells. */
const beginning = (facts: Facts) => {
  const late = facts.named("events:late").toReversed()
  return late.map((stream) => beginningOf(facts, stream)).find((found) => found !== null) ?? null
}

/** Whether a stream has the log's first entry in it; by its id as well, where streams share their ids. */
const beginsAgain = (facts: Facts, stream: Answer): boolean => {
  const [first] = logBefore(facts, stream)
  const sharesIds = stream.events.some(({ id }) => id !== null && facts.log.some((entry) => entry.id === id))
  return stream.events.some(({ key, id }) => key === first?.key && (!sharesIds || id === first.id))
}

/** What a cursor did on /events: where did the stream begin? */
const effectOf = (facts: Facts, stream: Answer, cursor: string | null) => {
  if (stream.status !== 200) return "refused"
  const log = logBefore(facts, stream)
  const place = log.findLastIndex(({ id }) => id !== null && id === cursor)
  const expected = place < 0 ? [] : log.slice(place + 1).map(({ key }) => key)
  const keys = keysOf(stream)
  if (expected.length === 0) return "unclear"
  if (keys.length === 0) return "nothing"
  if (beginsAgain(facts, stream) && !expected.includes(log[0]!.key)) return "starts again"
  return expected.every((key) => keys.includes(key)) ? "goes on" : "unclear"
}

/** Whether a stream came as one without a cursor does. */
const isLikeFresh = (facts: Facts, stream: Answer): boolean => {
  const fresh = facts.last("events:late")
  return fresh !== undefined && outcomeOf(fresh) === outcomeOf(stream)
}

const isLeft = ({ end }: Answer) => end === "left"
const lifeOf = ({ endedAt, answeredAt }: Answer) => endedAt - answeredAt
const how = ({ end }: Answer) => (end === "clean" ? "cleanly" : "by breaking off")

/** How long a stream went on after the group was inactive, by its own word or by what is known otherwise. */
const afterEnd = (facts: Facts, stream: Answer): number => {
  const last = stream.events.findLast(({ count }) => count !== null)
  const said = last?.count?.isActive === false ? last.at : facts.endedAt
  return Math.max(0, stream.endedAt - Math.max(said, stream.answeredAt))
}

/** Whether a stream ended because another one opened. */
const wasPushedOut = ({ streams, activeUntil }: Facts, { endedAt, answeredAt, end, x }: Answer): boolean => {
  const later = streams.filter((other) => other.x > x && other.openedAt >= answeredAt)
  const isNear = later.some(({ openedAt }) => Math.abs(openedAt - endedAt) < 400)
  return end !== "left" && endedAt <= activeUntil && isNear
}

/** Streams that the server ended of its own accord. */
const endedByServer = (facts: Facts) =>
  facts.streams.filter((one) => {
    const isOwn = !isLeft(one) && one.by !== "events:timeout" && !wasPushedOut(facts, one)
    return isOwn && one.events.at(-1)?.type !== "error"
  })

/** For how long nothing came on a stream, at most. */
const silenceOf = ({ answeredAt, endedAt, events, keepAlives }: Answer): number => {
  const marks = [answeredAt, endedAt, ...[...events, ...keepAlives].map(({ at }) => at)]
  const sorted = marks.toSorted((x, y) => x - y)
  return Math.max(...sorted.map((at, n) => at - (sorted[n - 1] ?? at)))
}

export const streamQuestions = [
  ask("U7", "When does /events end?", (facts) => {
    const ended = endedByServer(facts).toSorted((x, y) => y.events.length - x.events.length)
    const early = ended.filter(({ endedAt }) => endedAt <= facts.activeUntil)
    const lives = `after ${early.map((one) => seconds(lifeOf(one))).join(", ")}`
    if (early.length > 1 && early.every((one) => lifeOf(one) < 1_000)) return b("at once", lives)
    if (early.length > 0) return b("while runs are active", `${lives}, ${how(early[0]!)}`)
    const stayed = Math.max(0, ...facts.streams.filter(isLeft).map((one) => afterEnd(facts, one)))
    if (stayed > 20_000) return b("not when the group is inactive", `still open ${seconds(stayed)} after`)
    const [longest] = ended
    if (longest === undefined) return open("no stream ended by itself")
    const after = afterEnd(facts, longest)
    const evidence = `${seconds(after)} after, ${how(longest)}`
    if (after > 2_000) return b("some time after the group is inactive", evidence)
    return a("when the group is inactive", evidence)
  }),
  ask("U7b", "What does `timeout` on /events mean?", (facts) => {
    const stream = facts.last("events:timeout")
    if (stream?.status !== 200) return open("it was not tried while runs were active")
    const life = lifeOf(stream)
    const evidence = `timeout=2, and it was open for ${seconds(life)}`
    if (life > 4_000) return b("nothing", evidence)
    if (stream.end === "left" || stream.answeredAt + Math.max(life, 1_000) > facts.activeUntil)
      return open("the runs ended too early to tell")
    if (life >= 1_000) return a("seconds", evidence)
    const others = endedByServer(facts).filter(({ endedAt }) => endedAt <= facts.activeUntil)
    if (others.some((other) => lifeOf(other) < 1_000)) return open("streams end at once without it, too")
    return b("not seconds", evidence)
  }),
  ask("U7c", "Is a quiet /events kept alive?", ({ streams }) => {
    const longest = Math.max(0, ...streams.map(silenceOf))
    const kinds = new Set(streams.flatMap(({ keepAlives }) => keepAlives.map(({ kind }) => kind)))
    const evidence = `no stream was silent for longer than ${seconds(longest)}`
    if (kinds.size > 0) return a(`yes, by a ${[...kinds].join(" or a ")}`, evidence)
    return longest > 20_000 ? b("no", evidence) : open(evidence)
  }),
  ask("U7e", "Does /events of an empty group end at once?", (facts) => {
    const streams = facts.named("events:empty").filter(({ status }) => status === 200)
    return tally("stream of a group without runs", "yes", "no", streams.map(isLeft))
  }),
  ask("U19", "May a group have several event streams at once?", (facts) => {
    const { streams, answers } = facts
    const refused = answers.filter(({ kind, status }) => kind === "events" && status === 429).length
    const pushed = streams.filter((one) => lifeOf(one) >= 1_000 && wasPushedOut(facts, one)).length
    if (refused > 0) return b("no: another is refused", `${refused} were answered with 429`)
    if (pushed > 1) return b("no: a new one ends the old one", `${pushed} ended when another opened`)
    const openAt = (at: number) => streams.filter((one) => one.openedAt <= at && one.endedAt > at).length
    const most = Math.max(0, ...streams.map(({ answeredAt }) => openAt(answeredAt)))
    return most >= 2 ? a("yes", `${most} were open at once`) : open("there never were two at once")
  }),
  ask("U24b", "Are event streams compressed?", ({ streams }) => {
    const codings = streams.map(({ answerHeaders }) => answerHeaders["content-encoding"] ?? false)
    return tally("event streams", "no", "yes", codings)
  }),
  ask("U2c", "Does an event's id resume /events after it?", (facts) => {
    const effects = facts.named("events:after").map((stream) => effectOf(facts, stream, stream.cursor))
    const evidence = `${effects.length} streams after the first event's id: ${effects.join(", ")}`
    if (effects.includes("goes on")) return a("yes", evidence)
    if (effects.includes("starts again")) return b("no: it starts again", evidence)
    return effects.includes("refused") ? b("no: it is refused", evidence) : open(evidence)
  }),
  ask("U3", "Do cursors of /runs work on /events, and the other way round?", (facts) => {
    const compared = ["events", "list"].flatMap((kind) => {
      const [foreign, unknown] = [facts.last(`${kind}:foreign`), facts.last(`${kind}:unknown`)]
      const own = facts.answers.filter((one) => one.kind === kind).flatMap(({ events }) => events)
      if (!foreign || !unknown || own.some(({ id }) => id === foreign.cursor)) return []
      return [foreign.status === 200 && outcomeOf(foreign) !== outcomeOf(unknown)]
    })
    return tally("kinds of cursors, next to unknown ones", "no", "yes", compared)
  }),
  ask("U5", "What does /events send at connect?", (facts) => {
    const found = beginning(facts)
    if (found === null) return open("no second stream could be had when there was something to repeat")
    return (found[0] === REPLAY ? a : b)(...found)
  }),
  ask("U8", "What does an unknown cursor do on /events?", (facts) => {
    const stream = facts.last("events:unknown")
    const fresh = facts.last("events:late")
    if (stream === undefined || fresh === undefined) return open("no event id was seen to make one from")
    const [got, usual] = [keysOf(stream).length, keysOf(fresh).length]
    const evidence = `${got} events came, ${usual} without a cursor`
    if (stream.status !== 200) return a(`refused with ${stream.status}`, "an id of the same look")
    if (beginsAgain(facts, stream)) return b("from the start", evidence)
    if (got === 0) return usual > 0 ? b("an empty stream", evidence) : open(evidence)
    return isLikeFresh(facts, stream) ? b("as if none was given", evidence) : open(evidence)
  }),
  ask("U8b", "What does an unknown cursor do on /runs?", (facts) => {
    const listing = facts.last("list:unknown")
    if (listing === undefined) return open("no run's event id was seen to make one from")
    if (listing.status !== 200) return a(`refused with ${listing.status}`, "an id of the same look")
    const count = runsIn(listing).length
    return b(count === 0 ? "an empty listing" : "from the start", `${count} runs were listed`)
  }),
  ask("U24", "Does a Last-Event-ID header count?", (facts) => {
    const isReplay = beginning(facts)?.[0] === REPLAY
    for (const stream of facts.named("events:header").toReversed()) {
      const cursor = stream.headers["last-event-id"] ?? null
      const [effect, likeFresh] = [effectOf(facts, stream, cursor), isLikeFresh(facts, stream)]
      if (effect === "goes on" && (!likeFresh || isReplay)) return b("yes", "the stream began after that id")
      const after = facts.named("events:after").map((other) => effectOf(facts, other, cursor))
      if (effect === "goes on" || effect === "starts again" || (likeFresh && after.includes("goes on")))
        return a("no", "the stream began as if there were no header")
    }
    return open("there was nothing to tell it by")
  }),
]
