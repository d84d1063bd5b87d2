import {
  activeCount,
  type Facts,
  isKnown,
  isRun,
  isStatus,
  isTerminal,
  seconds,
  type Stream,
  type StreamEvent,
} from "../facts.ts"
import { isMissing, objectOf, textOf } from "../reading.ts"
import { a, b, open, plural, type Question } from "../verdict.ts"

const statusOf = ({ json }: StreamEvent) => objectOf(json["status"])
const answered = ({ exchange }: Stream) => exchange.status === 200

const toldBefore = (facts: Facts, at: number) => facts.log.filter((event) => event.at < at)

const late = (facts: Facts) => facts.streams.filter(({ exchange }) => exchange.by === "events:late")

type Beginning = "replay" | "a status" | "an old status" | "nothing old" | "nothing at all"

/** What a fresh connection in the middle of a group's life began with. */
export const beginningOf = (
  facts: Facts,
  stream: Stream,
): { readonly is: Beginning; readonly why: string } | null => {
  if (!answered(stream) || stream.exchange.answeredAt === null) return null
  // A stream that broke off with an error said nothing about how one begins.
  if (stream.events.at(-1)?.type === "error" || endedEarly(facts, stream)) return null
  const told = toldBefore(facts, stream.exchange.openedAt)
  const [firstTold] = told
  const first = stream.events.find(isKnown)
  const counted = facts.counts.findLast(({ at }) => at <= stream.exchange.openedAt)
  // Where counts come late, an old entry of the log is no riddle.
  const countsAreLate = facts.counts.some(
    (count) => facts.isAfter({ x: count.x, openedAt: count.asked }) && count.total < facts.runIds.length,
  )
  const watched = seconds((stream.exchange.endedAt ?? 0) - stream.exchange.answeredAt)
  if (first === undefined) {
    const known = facts.sightings.some(
      ({ status, at }) => isTerminal(status) && at < stream.exchange.openedAt,
    )
    if (firstTold === undefined)
      return known
        ? {
            is: "nothing at all",
            why: `not a word within ${watched}, on a stream open from the start neither`,
          }
        : null
    return {
      is: "nothing old",
      why: `nothing of ${plural(told.length, "event")} told before, within ${watched}`,
    }
  }
  const total = statusOf(first)["num_task_runs"]
  if (
    isStatus(first) &&
    !countsAreLate &&
    typeof total === "number" &&
    counted !== undefined &&
    total < counted.total
  )
    return {
      is: "an old status",
      why: `the first status counts ${total} runs when there were ${counted.total}`,
    }
  if (firstTold === undefined) return null
  const repeated = stream.events.filter((event) => told.some(({ key }) => key === event.key)).length
  if (first.key === firstTold.key && (told.length === 1 || repeated > 1))
    return told.length < 2
      ? null
      : { is: "replay", why: `${repeated} of ${told.length} events told before came again, from the first` }
  if (
    isStatus(first) &&
    !stream.events.some((event) => isRun(event) && told.some(({ key }) => key === event.key))
  )
    return { is: "a status", why: "one status of that moment, none of the run events told before" }
  return repeated === 0 ? { is: "nothing old", why: "only what was new" } : null
}

/** The beginning of fresh streams: from the one with most behind it that tells. */
export const connectBeginning = (facts: Facts) =>
  late(facts)
    .toReversed()
    .map((stream) => beginningOf(facts, stream))
    .find((found) => found !== null) ?? null

/** When the group was last inactive by the word of this stream, or by what is known otherwise. */
const inactiveAt = (facts: Facts, stream: Stream): number => {
  const last = stream.events.findLast(isStatus)
  const said = last !== undefined && statusOf(last)["is_active"] === false ? last.at : facts.endedAt
  return Math.max(said, stream.exchange.answeredAt ?? 0)
}

const lifeOf = ({ exchange }: Stream) => (exchange.endedAt ?? 0) - (exchange.answeredAt ?? 0)

/** Whether the server ended a stream at once, though there was more to come. */
const endedEarly = (facts: Facts, stream: Stream): boolean =>
  stream.exchange.end !== "left" &&
  !stream.events.some(isKnown) &&
  (stream.exchange.endedAt ?? 0) < facts.activeUntil

/** Whether a stream ended because another one opened. */
const wasPushedOut = (facts: Facts, stream: Stream): boolean => {
  const { endedAt, answeredAt, end, x } = stream.exchange
  if (endedAt === null || answeredAt === null || end === "left" || endedAt > facts.activeUntil) return false
  return facts.streams.some(
    ({ exchange }) =>
      exchange.x > x &&
      exchange.status === 200 &&
      exchange.openedAt >= answeredAt &&
      Math.abs(exchange.openedAt - endedAt) < 400,
  )
}

const ends = (facts: Facts) => {
  const streams = facts.streams.filter((stream) => answered(stream) && facts.isAfter(stream.exchange))
  const byServer = streams.filter(
    (stream) =>
      stream.exchange.end !== "left" &&
      stream.exchange.end !== null &&
      stream.exchange.query["timeout"] === undefined &&
      stream.events.at(-1)?.type !== "error",
  )
  const early = byServer.filter(
    (stream) => (stream.exchange.endedAt ?? 0) <= facts.activeUntil && !wasPushedOut(facts, stream),
  )
  const after = byServer.filter((stream) => (stream.exchange.endedAt ?? 0) > facts.activeUntil)
  const stayed = streams.filter(
    (stream) =>
      stream.exchange.end === "left" && (stream.exchange.endedAt ?? 0) - inactiveAt(facts, stream) > 20_000,
  )
  return { early, after, stayed }
}

const how = (stream: Stream) => (stream.exchange.end === "clean" ? "cleanly" : "by breaking off")

export const eventQuestions: ReadonlyArray<Question> = [
  {
    id: "U2",
    question: "What do event ids look like?",
    judge: (facts) => {
      const of = [...facts.streams, ...facts.listings].flatMap(({ exchange }) =>
        exchange.ids !== null && exchange.ids.count > 0 ? [exchange.ids] : [],
      )
      if (of.length === 0) return open("no event had an id")
      const many = of.filter(({ count }) => count > 1)
      const order =
        many.length > 0 && many.every(({ increasing }) => increasing) ? "increasing" : "in no order"
      const total = of.reduce((sum, { count }) => sum + count, 0)
      return of.every(({ numeric }) => numeric)
        ? b("numbers", `${plural(total, "id")}, ${order}`)
        : a("opaque texts", `${plural(total, "id")}, ${order}`)
    },
  },
  {
    id: "U2b",
    question: "Is an event id unique within a stream?",
    judge: (facts) => {
      const of = facts.streams.flatMap(({ exchange }) =>
        exchange.ids !== null && exchange.ids.count > 1 ? [exchange.ids] : [],
      )
      if (of.length === 0) return open("no stream had two events")
      const worst = of.toSorted((x, y) => y.count - y.distinct - (x.count - x.distinct))[0]!
      return worst.distinct < worst.count
        ? b("no", `${worst.distinct} different ids for ${worst.count} events of one stream`)
        : a(
            "yes",
            `${plural(of.length, "stream")}, the longest with ${Math.max(...of.map(({ count }) => count))} events`,
          )
    },
  },
  {
    id: "U5",
    question: "What does /events send at connect?",
    judge: (facts) => {
      const beginning = connectBeginning(facts)
      if (beginning === null) return open("no second stream could be had when there was something to repeat")
      return beginning.is === "replay"
        ? a("everything from the start", beginning.why)
        : b(beginning.is, beginning.why)
    },
  },
  {
    id: "U6",
    question: "Does /events name every run that ended?",
    judge: (facts) => {
      const ended = new Set(
        facts.sightings.filter(({ status }) => isTerminal(status)).map(({ runId }) => runId),
      )
      const named = new Set(
        facts.streams.flatMap(({ events }) =>
          events.filter(isRun).flatMap(({ json }) => textOf(objectOf(json["run"])["run_id"]) ?? []),
        ),
      )
      const heard = facts.streams.some(({ events }) => events.some(isKnown))
      if (ended.size === 0 || !heard) return open("no run ended, or the streams said nothing")
      const missing = [...ended].filter((run) => !named.has(run)).length
      if (
        missing > 0 &&
        facts.streams.some(
          (stream) =>
            facts.isAfter(stream.exchange) &&
            (stream.events.at(-1)?.type === "error" || endedEarly(facts, stream)),
        )
      )
        return open(`${missing} of ${ended.size} ended runs were not named, but streams broke off meanwhile`)
      return missing === 0
        ? a("yes", `${plural(ended.size, "ended run")}, all named`)
        : b("no", `${missing} of ${ended.size} ended runs were named by no stream`)
    },
  },
  {
    id: "U6b",
    question: "Do run events come before the final status?",
    judge: (facts) => {
      const final = facts.log.findIndex((event) => {
        const status = statusOf(event)
        const counts = objectOf(status["task_run_status_counts"]) as Record<string, number>
        return (
          isStatus(event) &&
          status["is_active"] === false &&
          status["num_task_runs"] === facts.runIds.length &&
          activeCount(counts) === 0
        )
      })
      const seen = new Set<unknown>()
      const runs = facts.log.flatMap((event, at) => {
        const run = objectOf(event.json["run"])["run_id"]
        if (!isRun(event) || seen.has(run)) return []
        seen.add(run)
        return [at]
      })
      if (final < 0 || runs.length === 0) return open("the stream had no final status, or no run events")
      const after = runs.filter((at) => at > final).length
      return after === 0
        ? a("yes", `${plural(runs.length, "run event")}, then the status`)
        : b("no", `${after} of ${runs.length} run events came after the final status`)
    },
  },
  {
    id: "U7",
    question: "When does /events end?",
    judge: (facts) => {
      const { early, after, stayed } = ends(facts)
      const atOnce = early.filter((stream) => lifeOf(stream) < 1_000)
      if (atOnce.length >= 2)
        return b(
          "at once, though runs are active",
          `${atOnce.length} streams ended within ${seconds(Math.max(...atOnce.map(lifeOf)))} of their opening`,
        )
      if (early.length > 0)
        return b(
          "while runs are active",
          `after ${early.map((stream) => seconds(lifeOf(stream))).join(", ")}, ${how(early[0]!)}`,
        )
      const [open1] = stayed
      if (open1 !== undefined)
        return b(
          "not when the group is inactive",
          `still open ${seconds((open1.exchange.endedAt ?? 0) - inactiveAt(facts, open1))} after`,
        )
      const [first] = after.toSorted((x, y) => y.events.length - x.events.length)
      if (first === undefined) return open("no stream ended by itself")
      const lag = (first.exchange.endedAt ?? 0) - inactiveAt(facts, first)
      return lag <= 2_000
        ? a(
            "when the group is inactive",
            `${seconds(Math.max(0, lag))} after the final status, ${how(first)}`,
          )
        : b("some time after the group is inactive", `${seconds(lag)} after, ${how(first)}`)
    },
  },
  {
    id: "U7b",
    question: "What does `timeout` on /events mean?",
    judge: (facts) => {
      const stream = facts.streams.find(({ exchange }) => exchange.by === "events:timeout")
      if (stream === undefined || !answered(stream)) return open("it was not tried while runs were active")
      const { answeredAt, end } = stream.exchange
      const life = lifeOf(stream)
      if (life > 4_000) return b("nothing", `timeout=2, and still open after ${seconds(life)}`)
      if (end === "left" || (answeredAt ?? 0) + Math.max(life, 1_000) > facts.activeUntil)
        return open("the runs ended too early to tell")
      if (life >= 1_000) return a("seconds", `timeout=2 ended it after ${seconds(life)}`)
      return ends(facts).early.some((other) => lifeOf(other) < 1_000)
        ? open("streams end at once without it, too")
        : b("not seconds", `timeout=2 ended it after ${seconds(life)}`)
    },
  },
  {
    id: "U7c",
    question: "Is a quiet /events kept alive?",
    judge: (facts) => {
      const gaps = facts.streams.flatMap((stream) => {
        if (!answered(stream)) return []
        const { answeredAt, endedAt } = stream.exchange
        const marks = [
          answeredAt ?? 0,
          ...stream.events.map(({ at }) => at),
          ...stream.keepAlives.map(({ at }) => at),
          endedAt ?? answeredAt ?? 0,
        ]
        const sorted = marks.toSorted((x, y) => x - y)
        return sorted.slice(1).map((at, n) => at - sorted[n]!)
      })
      const longest = Math.max(0, ...gaps)
      const seen = facts.streams.flatMap(({ keepAlives }) => keepAlives.map(({ kind }) => kind))
      if (seen.length > 0)
        return a(
          `yes, by a ${[...new Set(seen)].join(" or a ")}`,
          `${seen.length} seen; nothing was silent for longer than ${seconds(longest)}`,
        )
      return longest > 20_000
        ? b("no", `not a byte for ${seconds(longest)}`)
        : open(`no stream was quiet for longer than ${seconds(longest)}`)
    },
  },
  {
    id: "U7e",
    question: "Does /events of an empty group end at once?",
    judge: (facts) => {
      const stream = facts.streams.find(({ exchange }) => exchange.by === "events:empty")
      if (stream === undefined || !answered(stream)) return open("it was not asked before runs were added")
      const life = seconds(lifeOf(stream))
      return stream.exchange.end === "left"
        ? b("no", `still open after ${life}`)
        : a("yes", `after ${life}, ${how(stream)}`)
    },
  },
  {
    id: "U9",
    question: "Can an error event come, and does the stream go on after it?",
    judge: (facts) => {
      const streams = facts.streams.filter(({ events }) => events.some(({ type }) => type === "error"))
      const [first] = streams
      if (first === undefined) return open("none came")
      const wentOn = streams.filter(({ events }) => {
        const at = events.findIndex(({ type }) => type === "error")
        return events.slice(at + 1).some(isKnown)
      })
      return wentOn.length > 0
        ? a("yes, and it goes on", `${streams.length} streams had one, ${wentOn.length} went on`)
        : b("yes, and it ends", `${streams.length} streams had one, none went on`)
    },
  },
  {
    id: "U11",
    question: "Is `is_active` false too early?",
    judge: (facts) => {
      const wanted = facts.runIds.length
      const fromEvents = facts.streams.flatMap((stream) =>
        stream.events.filter(isStatus).map((event) => {
          const status = statusOf(event)
          const counts = objectOf(status["task_run_status_counts"]) as Record<string, number>
          return {
            at: event.at,
            asked: event.at,
            total: Number(status["num_task_runs"]),
            counts,
            isActive: status["is_active"],
            from: "a status event",
          }
        }),
      )
      const looks = [
        ...facts.counts.filter(({ x, asked }) => facts.isAfter({ x, openedAt: asked })),
        ...fromEvents.filter(({ total }) => total >= wanted),
      ]
      if (looks.length === 0) return open("no status was seen")
      const early = looks.find(
        (look) =>
          look.isActive === false &&
          (activeCount(look.counts) > 0 ||
            look.total < wanted ||
            (look.from !== "a status event" && look.at < facts.activeUntil)),
      )
      if (early === undefined) return a("no", `${looks.length} statuses, false only when no run was active`)
      const why =
        activeCount(early.counts) > 0
          ? `while ${activeCount(early.counts)} runs were counted as active`
          : early.total < wanted
            ? `while ${early.total} of ${wanted} runs were counted`
            : "while a run was seen active later"
      return b("yes", `false ${why}`)
    },
  },
  {
    id: "U11b",
    question: "Is an empty group active?",
    judge: (facts) => {
      const empty = facts.counts.find(({ from, total }) => from === "group:empty" && total === 0)
      if (empty === undefined) return open("it was not asked before runs were added")
      return empty.isActive === false
        ? a("no", "is_active is false before runs are added")
        : b("yes", `is_active is ${String(empty.isActive)}`)
    },
  },
  {
    id: "U11c",
    question: "Are the group's counts behind its runs?",
    judge: (facts) => {
      const looks = facts.counts.filter(({ x, asked }) => facts.isAfter({ x, openedAt: asked }))
      let compared = 0
      for (const look of looks) {
        const ended = new Set(
          facts.sightings
            .filter(({ at, status }) => at < look.asked && isTerminal(status))
            .map(({ runId }) => runId),
        ).size
        if (ended === 0) continue
        compared++
        const counted = look.total - activeCount(look.counts)
        if (look.total < facts.runIds.length || counted < ended)
          return b(
            "yes",
            `${ended} runs were seen to have ended when the counts, asked after, had ${counted}`,
          )
      }
      return compared === 0
        ? open("no count was asked for after a run had ended")
        : a("no", `${compared} counts agreed with what runs had been seen to end`)
    },
  },
  {
    id: "U17",
    question: "What is `input` in /events?",
    judge: (facts) => {
      const runs = facts.streams.flatMap(({ events }) => events.filter(isRun))
      if (runs.length === 0) return open("no run event came")
      const inputs = runs.flatMap(({ json }) => (isMissing(json["input"]) ? [] : [objectOf(json["input"])]))
      if (inputs.length === 0) return a("null", plural(runs.length, "run event"))
      return inputs.some((input) => !isMissing(input["task_spec"]))
        ? b("the input with the default task spec", `${inputs.length} of ${runs.length} run events`)
        : b("the input as it was given", `${inputs.length} of ${runs.length} run events`)
    },
  },
  {
    id: "U19",
    question: "May a group have several event streams at once?",
    judge: (facts) => {
      const refused = facts.streams.filter(({ exchange }) => exchange.status === 429)
      if (refused.length > 0)
        return b("no: another is refused", `429 for ${refused.length} of ${facts.streams.length} streams`)
      const pushed = facts.streams.filter(
        (stream) => answered(stream) && lifeOf(stream) >= 1_000 && wasPushedOut(facts, stream),
      )
      if (pushed.length > 1)
        return b("no: a new one ends the old one", `${pushed.length} streams ended when another opened`)
      const most = Math.max(
        0,
        ...facts.streams.map(
          ({ exchange }) =>
            facts.streams.filter(
              (other) =>
                answered(other) &&
                other.exchange.openedAt <= (exchange.answeredAt ?? 0) &&
                (other.exchange.endedAt ?? 0) > (exchange.answeredAt ?? 0),
            ).length,
        ),
      )
      return most >= 2 ? a("yes", `${most} were open at once`) : open("there never were two at once")
    },
  },
  {
    id: "D3",
    question: "Do run events carry the output?",
    judge: (facts) => {
      const completed = facts.streams.flatMap(({ events }) =>
        events.filter((event) => isRun(event) && objectOf(event.json["run"])["status"] === "completed"),
      )
      if (completed.length === 0) return open("no event of a completed run came")
      const having = completed.filter(({ json }) => !isMissing(json["output"])).length
      return having > 0
        ? b("yes", `${having} of ${completed.length} events of completed runs`)
        : a("no", `${plural(completed.length, "event")} of completed runs without`)
    },
  },
]
