import { bodyOf } from "../../simulator/index.ts"
import {
  activeCount,
  type Facts,
  isActiveStatus,
  isTerminal,
  isWhole,
  jsonOf,
  listedRuns,
  seconds,
  type Stream,
} from "../facts.ts"
import { isMissing, objectOf, textOf } from "../reading.ts"
import { a, b, open, plural, type Question } from "../verdict.ts"

const indexOfRun = (facts: Facts): ReadonlyMap<string, number> => {
  const found = new Map<string, number>()
  for (const { events } of facts.listings) {
    for (const { json } of events) {
      const run = objectOf(json["run"])
      const id = textOf(run["run_id"])
      const given =
        objectOf(run["metadata"])["input_index"] ??
        objectOf(objectOf(json["input"])["metadata"])["input_index"]
      if (id !== null && given !== undefined) found.set(id, Number(given))
    }
  }
  return found
}

const hasActive = ({ events }: Stream) =>
  events.some(({ json }) => !isTerminal(textOf(objectOf(json["run"])["status"]) ?? "completed"))

/** Whether a listing after a cursor has everything in it all the same. */
const startsAgain = (facts: Facts, listing: Stream) =>
  facts.runIds.every((run) => listedRuns(listing).includes(run))

const wholeListings = (facts: Facts) =>
  facts.listings.filter((listing) => isWhole(listing) && facts.isAfter(listing.exchange))

/** How many of our runs a listing, or a count, knew of, by the time it was asked for. */
const firstComplete = (
  looks: ReadonlyArray<{ asked: number; known: number }>,
  facts: Facts,
  what: string,
) => {
  const wanted = facts.runIds.length
  const [first] = looks
  const complete = looks.find(({ known }) => known >= wanted)
  if (first === undefined) return open("it was never asked")
  if (complete === undefined)
    return b(
      `not ${what} in this time`,
      `${Math.max(...looks.map(({ known }) => known))} of ${wanted} after ${seconds(looks.at(-1)!.asked - facts.addedAt)}`,
    )
  const after = (asked: number) => seconds(Math.max(0, asked - facts.addedAt))
  if (complete === first)
    return a("at once", `all ${wanted} were ${what} when asked ${after(first.asked)} after they were added`)
  const last = looks[looks.indexOf(complete) - 1] ?? first
  return b(
    "later",
    `${last.known} of ${wanted} ${what} when asked after ${after(last.asked)}, all after ${after(complete.asked)}`,
  )
}

export const listingQuestions: ReadonlyArray<Question> = [
  {
    id: "U1",
    question: "Does a resumed /runs bring back a run that changed since?",
    judge: (facts) => {
      const resumed = facts.listings.find(({ exchange }) => exchange.by === "list:resumed")
      if (resumed === undefined) return open("no cursor could be had while runs were active")
      if (resumed.exchange.status !== 200)
        return open(`the listing's own cursor was answered with ${resumed.exchange.status ?? "nothing"}`)
      const origin = facts.listings.find(
        (listing) =>
          listing.exchange.openedAt < resumed.exchange.openedAt &&
          hasActive(listing) &&
          listing.events.some(({ id }) => id === resumed.cursor),
      )
      if (origin === undefined) return open("the listing that the cursor came from had no active run in it")
      const changed = origin.events.flatMap(({ json }) => {
        const run = objectOf(json["run"])
        return isActiveStatus(textOf(run["status"]) ?? "") ? (textOf(run["run_id"]) ?? []) : []
      })
      const back = listedRuns(resumed).filter((run) => changed.includes(run))
      const after = facts.listings.find(({ exchange }) => exchange.by === "list:after")
      if (after !== undefined && startsAgain(facts, after) && startsAgain(facts, resumed))
        return open("its cursors do not resume the listing, it starts again")
      if (changed.length > 0 && changed.every((run) => back.includes(run)))
        return b(
          "yes: it is a log of changes",
          `${plural(back.length, "run")} before the cursor came back after ending`,
        )
      if (back.length > 0)
        return a(
          "no, but the run at the cursor may come again",
          `${back.length} of ${changed.length} changed runs came back`,
        )
      return a(
        "no: it is a position in the list",
        `${plural(changed.length, "run")} before the cursor ended, none came back`,
      )
    },
  },
  {
    id: "U4",
    question: "Can a run appear twice in a listing, or again on resuming?",
    judge: (facts) => {
      const twice = facts.listings.find((listing) => {
        const runs = listing.events.filter(({ type }) => type === "task_run.state")
        return listedRuns(listing).length < runs.length
      })
      if (twice !== undefined)
        return b("yes, in one listing", `${twice.events.length} events for ${listedRuns(twice).length} runs`)
      const after = facts.listings.find(
        ({ exchange }) => exchange.by === "list:after" && exchange.status === 200,
      )
      const named = after?.events.some(({ id }) => id !== null && id === after.cursor)
      const resumed = facts.listings.find(({ exchange }) => exchange.by === "list:resumed")
      if (
        named === true &&
        resumed !== undefined &&
        startsAgain(facts, resumed) &&
        after !== undefined &&
        startsAgain(facts, after)
      )
        return open("cursors do not resume the listing, it starts again")
      if (named === true) return b("yes, on resuming", "the run at the cursor was listed again after it")
      if (facts.listings.length === 0) return open("nothing was listed")
      return a("no", `${plural(facts.listings.length, "listing")} without a repetition`)
    },
  },
  {
    id: "U13",
    question: "Is run_ids[i] the run of inputs[i]?",
    judge: (facts) => {
      const index = indexOfRun(facts)
      const known = facts.runIds.filter((run) => index.has(run))
      if (known.length < facts.runIds.length)
        return open("the runs' metadata does not say which input they are of")
      const order = facts.runIds.map((run) => index.get(run))
      return order.every((value, at) => value === at)
        ? a("yes", `run_ids are those of inputs ${order.join(", ")}`)
        : b("no", `run_ids are those of inputs ${order.join(", ")}`)
    },
  },
  {
    id: "U13b",
    question: "What are the cursors of a group's first runs?",
    judge: ({ added }) => {
      const cursors = ["run_cursor", "event_cursor"].map((name) => added[name])
      const shown = cursors
        .map((cursor) => (isMissing(cursor) ? String(cursor) : cursor === "" ? '""' : "a value"))
        .join(" and ")
      return cursors.every((cursor) => cursor === null)
        ? a("null", shown)
        : b(shown, `run_cursor and event_cursor are ${shown}`)
    },
  },
  {
    id: "U14",
    question: "In which order does /runs list?",
    judge: (facts) => {
      const index = indexOfRun(facts)
      const complete = facts.listings
        .filter(isWhole)
        .find((listing) => listedRuns(listing).length >= facts.runIds.length)
      if (complete === undefined) return open("no listing had all runs in it")
      const order = listedRuns(complete).map((run) => index.get(run) ?? facts.runIds.indexOf(run))
      return order.every((value, at) => value === at)
        ? a("that of the inputs", `inputs ${order.join(", ")}`)
        : b("another", `inputs ${order.join(", ")}`)
    },
  },
  {
    id: "U15",
    question: "Can a completed run come without its output?",
    judge: (facts) => {
      const completed = new Map<string, number>()
      for (const { runId, status, at } of facts.sightings)
        if (status === "completed") completed.set(runId, Math.min(at, completed.get(runId) ?? at))
      const lacking: string[] = []
      let asked = 0
      for (const { exchange, events } of facts.listings) {
        if (exchange.query["include_output"] !== "true") continue
        for (const { json } of events) {
          if (objectOf(json["run"])["status"] !== "completed") continue
          asked++
          if (isMissing(json["output"])) lacking.push("/runs without output")
        }
      }
      for (const exchange of facts.exchanges) {
        const run = /\/runs\/([^/]+)\/result$/.exec(exchange.path)?.[1] ?? ""
        if ((completed.get(run) ?? Number.POSITIVE_INFINITY) > exchange.openedAt || exchange.status === null)
          continue
        asked++
        const waited = (exchange.answeredAt ?? 0) - exchange.openedAt
        if (exchange.status !== 200) lacking.push(`/result ${exchange.status}`)
        else if (isMissing(jsonOf(exchange)["output"])) lacking.push("/result without output")
        else if (waited > 2_000) lacking.push(`/result after ${seconds(waited)}`)
      }
      if (asked === 0) return open("no run completed")
      const kinds = [...new Set(lacking)]
      return lacking.length === 0
        ? a("no", `${plural(asked, "answer")} about completed runs, all with output`)
        : b("yes", `${lacking.length} of ${asked} answers about completed runs: ${kinds.join(", ")}`)
    },
  },
  {
    id: "U16",
    question: "Can a run that has ended change?",
    judge: (facts) => {
      const ended = new Map<string, { status: string; at: number }>()
      for (const sighting of facts.sightings.toSorted((x, y) => x.at - y.at)) {
        const before = ended.get(sighting.runId)
        if (before !== undefined && sighting.asked > before.at && sighting.status !== before.status)
          return b(
            "yes",
            `a run was ${before.status}, and ${sighting.status} ${seconds(sighting.at - before.at)} later`,
          )
        if (isTerminal(sighting.status) && before === undefined)
          ended.set(sighting.runId, { status: sighting.status, at: sighting.at })
      }
      const last = Math.max(0, ...facts.sightings.map(({ at }) => at))
      if (ended.size === 0) return open("no run ended")
      const watched = last - Math.max(...[...ended.values()].map(({ at }) => at))
      return a(
        "not that it was seen",
        `${plural(ended.size, "run")} looked at again, the last ${seconds(watched)} after its end`,
      )
    },
  },
  {
    id: "U17b",
    question: "Does `input` in /runs contain the default task spec?",
    judge: (facts) => {
      const inputs = facts.listings
        .filter(({ exchange }) => exchange.query["include_input"] === "true")
        .flatMap(({ events }) =>
          events.flatMap(({ json }) => (isMissing(json["input"]) ? [] : [objectOf(json["input"])])),
        )
      if (inputs.length === 0) return open("no listing showed inputs")
      return inputs.some((input) => !isMissing(input["task_spec"]))
        ? b("yes", "inputs carry a task_spec that was given as the default")
        : a("no", `${plural(inputs.length, "input")} without task_spec`)
    },
  },
  {
    id: "U18",
    question: "Does the per-element basis appear in /runs when asked for?",
    judge: (facts) => {
      const listing = facts.listings.find(({ exchange }) => exchange.by === "list:basis")
      const fieldsOf = (output: unknown) => {
        const basis = objectOf(output)["basis"]
        return (Array.isArray(basis) ? basis : []).flatMap((entry) => textOf(objectOf(entry)["field"]) ?? [])
      }
      const inListing = (listing?.events ?? []).flatMap(({ json }) => fieldsOf(json["output"]))
      const inResult = facts.named("result:basis").flatMap((exchange) => fieldsOf(jsonOf(exchange)["output"]))
      const perElement = (fields: ReadonlyArray<string>) =>
        fields.filter((field) => /\.\d+$/.test(field)).length
      if (inListing.length === 0) return open("no listing showed a basis")
      if (perElement(inListing) > 0) return b("yes", `${perElement(inListing)} entries for elements`)
      return perElement(inResult) > 0
        ? a("no", `${perElement(inResult)} entries for elements in /result, none in /runs`)
        : open("/result had none either: perhaps no list came out, or this processor makes none")
    },
  },
  {
    id: "U20",
    question: "How soon is a run listed after it was added?",
    judge: (facts) => {
      const looks = wholeListings(facts).map((listing) => ({
        asked: listing.exchange.openedAt,
        known: listedRuns(listing).filter((run) => facts.runIds.includes(run)).length,
      }))
      if (!wholeListings(facts).some(hasActive))
        return open("active runs are not listed at all, or it takes longer than a run")
      return firstComplete(looks, facts, "listed")
    },
  },
  {
    id: "U20b",
    question: "How soon is a run counted after it was added?",
    judge: (facts) => {
      const looks = facts.counts
        .filter(({ x, asked }) => facts.isAfter({ x, openedAt: asked }))
        .map(({ asked, total }) => ({ asked, known: total }))
      return firstComplete(looks, facts, "counted")
    },
  },
  {
    id: "U21",
    question: "How long does a listing with outputs take?",
    judge: (facts) => {
      const listing = facts.listings.findLast(
        ({ exchange }) => exchange.query["include_output"] === "true" && exchange.end === "clean",
      )
      if (listing === undefined) return open("none was read")
      const { exchange } = listing
      return {
        side: null,
        answer: seconds((exchange.endedAt ?? 0) - exchange.openedAt),
        evidence: `${plural(listing.events.length, "run")}, ${bodyOf(exchange).length} characters; a few runs say little about thousands`,
      }
    },
  },
  {
    id: "D2",
    question: "Does /runs list active runs?",
    judge: (facts) => {
      const whole = wholeListings(facts)
      const withActive = whole.filter(hasActive)
      if (withActive.length > 0)
        return a("yes", `${withActive.length} of ${whole.length} listings had active runs in them`)
      const whileActive = whole.filter(({ exchange }) =>
        facts.counts.some(({ asked, counts }) => asked >= (exchange.endedAt ?? 0) && activeCount(counts) > 0),
      )
      const endedOnly = whileActive.filter(({ events }) => events.length > 0)
      if (endedOnly.length > 0)
        return b(
          "no: finished runs only",
          `${endedOnly.length} listings had finished runs and left out those the counts called active`,
        )
      if (whileActive.length > 0)
        return open(
          `${plural(whileActive.length, "listing")} were empty while runs were active: left out, or listed late`,
        )
      return open("no listing was made while runs were active")
    },
  },
  {
    id: "M",
    question: "Do runs carry the metadata they were given?",
    judge: (facts) => {
      const runs = facts.sightings.map(({ run }) => objectOf(run["metadata"])["input_index"])
      if (runs.length === 0) return open("no run was seen")
      const echoed = runs.filter((index) => index !== undefined).length
      const asGiven = runs.filter((index) => typeof index === "string").length
      if (echoed < runs.length)
        return b("no", `${runs.length - echoed} of ${runs.length} sightings without input_index`)
      return a(
        "yes",
        `${runs.length} sightings with input_index${asGiven < echoed ? ", as a number although text was given" : ""}`,
      )
    },
  },
]
