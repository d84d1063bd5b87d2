import { bodyOf } from "../../simulator/index.ts"
import { type Answer, type Facts, inputsIn, isActive, isTerminal, runsIn } from "../facts.ts"
import { isMissing, listOf, objectOf, parseJson, textOf } from "../json.ts"
import { a, ask, b, open, seconds, tally } from "../verdict.ts"

/** Which input each run is of, by its metadata. */
const inputOf = ({ listings }: Facts): ReadonlyMap<string, number> => {
  const runs = listings.flatMap(({ events }) => events.flatMap(({ run }) => run ?? []))
  return new Map(runs.flatMap(({ runId, inputIndex: at }) => (at === null ? [] : [[runId, at] as const])))
}

const eventsWith = ({ listings }: Facts, option: string) =>
  listings.filter(({ query }) => query[option] === "true").flatMap(({ events }) => events)

const hasActive = ({ events }: Answer) => events.some(({ run }) => run !== null && !isTerminal(run))

/** Listings of everything: no cursor, no filter, answered in full. */
const wholeListings = ({ listings }: Facts) =>
  listings.filter(({ end, cursor, query }) => end === "clean" && cursor === null && !query["status"])

/** Whether listings after a cursor have everything in them all the same. */
const startAgain = ({ last, runIds }: Facts) => {
  const [one, other] = ["list:after", "list:resumed"].map((name) => runsIn(last(name) ?? { events: [] }))
  return runIds.every((run) => one!.includes(run) && other!.includes(run))
}

/** When a listing, or a count, first knew of all runs: how many it knew, and when it was asked. */
const firstComplete = (facts: Facts, what: string, looks: ReadonlyArray<readonly [number, number]>) => {
  const wanted = facts.runIds.length
  const shown = looks.map(([known, asked]) => {
    const after = seconds(Math.max(0, asked - facts.added.endedAt))
    return `${known} of ${wanted} were ${what} when asked after ${after}`
  })
  const at = looks.findIndex(([known]) => known >= wanted)
  if (looks.length === 0) return open("it was never asked")
  if (at < 0) return b(`not ${what} in this time`, shown.at(-1)!)
  return at === 0 ? a("at once", shown[0]!) : b("later", `${shown[at - 1]}, ${shown[at]}`)
}

const inOrder = (inputs: ReadonlyArray<number>, likely: string, otherwise: string) => {
  const evidence = `those of inputs ${inputs.join(", ")}`
  return inputs.every((input, at) => input === at) ? a(likely, evidence) : b(otherwise, evidence)
}

/** How many entries bases have for elements of lists; null where there is no basis. */
const perElement = (jsons: ReadonlyArray<unknown>): number | null => {
  const bases = jsons.flatMap((json) => listOf(objectOf(objectOf(json)["output"])["basis"]))
  const isOfElement = (entry: unknown) => /\.\d+$/.test(textOf(objectOf(entry)["field"]) ?? "")
  return bases.length === 0 ? null : bases.filter(isOfElement).length
}

/** How a listing has a run twice. */
const repetition = (listing: Answer): string | false => {
  const entries = listing.events.filter(({ run }) => run !== null)
  if (runsIn(listing).length < entries.length) return "in one listing"
  const isAgain = listing.by === "list:after" && entries.some(({ id }) => id === listing.cursor)
  return isAgain && "the run at the cursor, on resuming"
}

/** What answers about completed runs lacked. */
const outputsLacking = (facts: Facts): ReadonlyArray<string | false> => {
  const completed = facts.seen.filter(({ status }) => status === "completed")
  const listed = eventsWith(facts, "include_output").filter(({ run }) => run?.status === "completed")
  const results = facts.answers.flatMap(({ kind, id, status, json, answeredAt, openedAt }) => {
    if (kind !== "result" || !completed.some(({ runId, at }) => runId === id && at <= openedAt)) return []
    if (status !== 200) return [`/result ${status}`]
    if (isMissing(json["output"])) return ["/result without output"]
    return [answeredAt - openedAt > 2_000 && "/result that waited"]
  })
  return [...listed.map(({ json }) => isMissing(json["output"]) && "/runs without output"), ...results]
}

/** Looks at runs that were known to have ended: what had become of them. */
const changesAfterEnd = ({ seen }: Facts): ReadonlyArray<string | false> =>
  seen.flatMap(({ runId, status, asked }) => {
    const end = seen.find((one) => one.runId === runId && isTerminal(one) && one.at < asked)
    return end === undefined ? [] : [end.status !== status && `${end.status}, later ${status}`]
  })

export const listingQuestions = [
  ask("U1", "Does a resumed /runs bring back a run that changed since?", (facts) => {
    const resumed = facts.last("list:resumed")
    if (resumed === undefined) return open("no cursor could be had while runs were active")
    if (resumed.status !== 200) return open(`the listing's own cursor was answered with ${resumed.status}`)
    const isOrigin = (one: Answer) => hasActive(one) && one.events.some(({ id }) => id === resumed.cursor)
    const origin = facts.listings.find((one) => one.x < resumed.x && isOrigin(one))
    if (origin === undefined) return open("the listing that the cursor came from had no active run in it")
    if (startAgain(facts)) return open("its cursors do not resume the listing, it starts again")
    const changed: ReadonlyArray<string> = origin.events.flatMap(({ run }) =>
      run !== null && isActive(run) ? run.runId : [],
    )
    const back = runsIn(resumed).filter((run) => changed.includes(run)).length
    const evidence = `of ${changed.length} runs before the cursor that ended, ${back} came back`
    if (back === 0) return a("no: it is a position in the list", evidence)
    if (back === changed.length) return b("yes: it is a log of changes", evidence)
    return a("no, but the run at the cursor may come again", evidence)
  }),
  ask("U4", "Can a run appear twice in a listing, or again on resuming?", ({ listings }) =>
    tally("listings", "no", "yes", listings.map(repetition)),
  ),
  ask("U13", "Is run_ids[i] the run of inputs[i]?", (facts) => {
    const inputs = inputOf(facts)
    const order = facts.runIds.flatMap((run) => inputs.get(run) ?? [])
    if (order.length < facts.runIds.length) return open("the runs' metadata does not name their inputs")
    return inOrder(order, "yes", "no")
  }),
  ask("U13b", "What are the cursors of a group's first runs?", ({ added: { json } }) => {
    const cursors = [json["run_cursor"], json["event_cursor"]]
    const words = cursors.map((cursor) => (typeof cursor === "string" && cursor !== "" ? "a value" : cursor))
    const shown = words.map((word) => JSON.stringify(word) ?? "absent").join(" and ")
    return tally("answer that runs were added", "null", "not null", [
      words.some((word) => word !== null) && shown,
    ])
  }),
  ask("U14", "In which order does /runs list?", (facts) => {
    const inputs = inputOf(facts)
    const complete = wholeListings(facts).find((listing) => runsIn(listing).length >= facts.runIds.length)
    if (complete === undefined) return open("no listing had all runs in it")
    const order = runsIn(complete).map((run) => inputs.get(run) ?? facts.runIds.indexOf(run))
    return inOrder(order, "that of the inputs", "another")
  }),
  ask("U15", "Can a completed run come without its output?", (facts) =>
    tally("answers about completed runs", "no", "yes", outputsLacking(facts)),
  ),
  ask("U16", "Can a run that has ended change?", (facts) =>
    tally("looks at runs that had ended", "not that it was seen", "yes", changesAfterEnd(facts)),
  ),
  ask("U17b", "Does `input` in /runs contain the default task spec?", (facts) => {
    const having = inputsIn(eventsWith(facts, "include_input")).map((input) => !isMissing(input["task_spec"]))
    return tally("inputs, by their task_spec", "no", "yes", having)
  }),
  ask("U18", "Does the per-element basis appear in /runs when asked for?", (facts) => {
    const listed = perElement(facts.last("list:basis")?.events.map(({ json }) => json) ?? [])
    const inResult = perElement([facts.last("result:basis")?.json]) ?? 0
    const evidence = `${listed} entries for elements, ${inResult} in one /result`
    if (listed === null) return open("no listing showed a basis")
    if (listed > 0) return b("yes", evidence)
    return inResult > 0 ? a("no", evidence) : open("perhaps no list came out, or this processor makes none")
  }),
  ask("U20", "How soon is a run listed after it was added?", (facts) => {
    const listings = wholeListings(facts)
    const known = (listing: Answer) => runsIn(listing).filter((run) => facts.runIds.includes(run)).length
    if (!listings.some(hasActive)) return open("active runs are not listed, or it takes longer than a run")
    const looks = listings.map((one) => [known(one), one.openedAt] as const)
    return firstComplete(facts, "listed", looks)
  }),
  ask("U20b", "How soon is a run counted after it was added?", (facts) => {
    const looks = facts.counts.map(({ asked, total }) => [total, asked] as const)
    return firstComplete(facts, "counted", looks)
  }),
  ask("U21", "How long does a listing with outputs take?", ({ listings }) => {
    const listing = listings.findLast(({ query, end }) => query["include_output"] && end === "clean")
    if (listing === undefined) return open("none was read")
    const size = `${listing.events.length} runs, ${bodyOf(listing).length} characters`
    return open(`${size}; few runs say little about thousands`, seconds(listing.endedAt - listing.openedAt))
  }),
  ask("D2", "Does /runs list active runs?", (facts) => {
    const whole = wholeListings(facts)
    const having = whole.filter(hasActive).length
    if (having > 0) return a("yes", `${having} of ${whole.length} listings had active runs in them`)
    const lastActive = Math.max(...facts.counts.filter(({ active }) => active > 0).map(({ asked }) => asked))
    const lacking = whole.filter(({ endedAt }) => endedAt <= lastActive)
    const evidence = `${lacking.length} listings without runs that were counted as active`
    const isEmpty = lacking.every(({ events }) => events.length === 0)
    return isEmpty ? open(`${evidence}, all empty`) : b("no: finished runs only", evidence)
  }),
  ask("M", "Do runs carry the metadata they were given?", ({ seen }) => {
    const indexes = seen.map(
      ({ fields }) => objectOf(parseJson(fields.get("metadata") ?? "null"))["input_index"],
    )
    const likely = indexes.some((index) => typeof index === "number") ? "yes, though as a number" : "yes"
    return tally("sightings, by their input_index", likely, "no", indexes.map(isMissing))
  }),
]
