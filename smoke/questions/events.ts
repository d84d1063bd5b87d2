import { type Answer, type Facts, inputsIn, isKnown, isRun, isTerminal, type Told } from "../facts.ts"
import { isMissing, isObject, type Json, objectOf } from "../json.ts"
import { SHAPES } from "../shapes.ts"
import { a, ask, b, open, tally } from "../verdict.ts"
import { brokeOff } from "./streams.ts"

const runEvents = (facts: Facts) => facts.streams.flatMap(({ events }) => events.filter(isRun))

/** Their stand-ins are as unique as they are and, where they are numbers, in the same order. */
const idsIn = ({ events }: Answer) => events.filter(isKnown).flatMap(({ id }) => id ?? [])

/** Statuses with `is_active: false` that another look at the same group contradicts: why. */
const tooEarly = ({ counts, streams, runIds, activeUntil }: Facts): ReadonlyArray<string | false> => {
  const told = streams.flatMap(({ events }) => events.flatMap(({ count }) => count ?? []))
  return [...counts, ...told.filter(({ total }) => total >= runIds.length)].map((look) => {
    if (look.isActive !== false) return false
    if (look.active > 0) return `with ${look.active} runs counted as active`
    if (look.total < runIds.length) return `with ${look.total} of ${runIds.length} runs counted`
    // An event may be an old entry told again; an answer is of its moment.
    return counts.includes(look) && look.at < activeUntil && "before a run was seen active"
  })
}

/** Counts that lacked runs, or ends of runs, which had been seen before they were asked for. */
const behind = ({ counts, seen, runIds }: Facts): ReadonlyArray<string | false> =>
  counts.flatMap(({ asked, total, active }) => {
    const known = seen.filter((run) => run.at < asked && isTerminal(run))
    const ended = new Set(known.map(({ runId }) => runId)).size
    const isBehind = total < runIds.length || total - active < ended
    return ended === 0 ? [] : [isBehind && `${total - active} for ${ended}`]
  })

const OF_KIND: Readonly<Record<string, string>> = { create: "group", "group-run": "run" }
const STATUSES = new Set("queued action_required running completed failed cancelling cancelled".split(" "))

/** An object and all that is in it, each with the name of its shape; nothing where that is unknown. */
const visit = (name: string, value: unknown): ReadonlyArray<{ name: string; json: Json }> => {
  if (Array.isArray(value)) return value.flatMap((item) => visit(name, item))
  const fields = [...(SHAPES.get(name) ?? [])]
  if (fields.length === 0 || name.startsWith("+") || !isObject(value)) return []
  const inside = fields.flatMap(([key, { rule }]) => visit(rule, value[key]))
  return [{ name, json: value }, ...inside]
}

const objectsIn = ({ answers, streams, listings }: Facts) => {
  const events = [...streams, ...listings].flatMap((one) => one.events)
  const others = answers.filter(({ status }) => status === 200)
  return [
    ...events.flatMap(({ type, json }) => visit(type, json)),
    ...others.flatMap(({ kind, json }) => visit(OF_KIND[kind] ?? kind, json)),
  ]
}

const fieldsThat = (facts: Facts, are: (name: string, json: Json) => ReadonlyArray<string>) => {
  const ways = objectsIn(facts).map(({ name, json }) => are(name, json).map((key) => `${name}.${key}`))
  const told = ways.map((names) => names.length > 0 && names.join(", "))
  return tally("objects", "no", "yes", told)
}

const objectsOf = (facts: Facts, shape: string) => objectsIn(facts).filter(({ name }) => name === shape)

/** What got an answer that should be 404. */
const notFound = (facts: Facts, name: string, what: string) => {
  const word = ({ status }: Answer) => status !== 404 && (status === 200 ? "the group" : String(status))
  return tally(what, "404", "not 404", facts.named(name).map(word))
}

/** What is strange about an error that is neither as documented nor the framework's own. */
const strangeError = ({ json, status }: Answer): string | false => {
  const { message, ref_id: ref } = objectOf(json["error"])
  if (Array.isArray(json["detail"])) return false
  if (typeof message !== "string") return `${status} without a message in JSON`
  return (json["type"] !== "error" || ref === undefined) && `${status} without type or ref_id`
}

export const eventQuestions = [
  ask("U2", "What do event ids look like?", ({ streams, listings }) => {
    const all = [...streams, ...listings].map(idsIn)
    const count = `${all.flat().length} ids`
    if (all.flat().length === 0) return open("no event had an id")
    if (!all.flat().every((id) => /^\d+$/.test(id))) return a("opaque texts", count)
    const grows = all.every((ids) => ids.every((id, at) => at === 0 || BigInt(id) > BigInt(ids[at - 1]!)))
    return b("numbers", `${count}, ${grows ? "increasing in each stream" : "in no order"}`)
  }),
  ask("U2b", "Is an event id unique within a stream?", ({ streams }) => {
    const many = streams.map(idsIn).filter((ids) => ids.length > 1)
    const repeated = many.map((ids) => new Set(ids).size < ids.length)
    return tally("streams of several events", "yes", "no", repeated)
  }),
  ask("U6", "Does /events name every run that ended?", (facts) => {
    const ended = [...new Set(facts.seen.filter(isTerminal).map(({ runId }) => runId))]
    const named = new Set(runEvents(facts).map(({ run }) => run?.runId))
    const unnamed = ended.map((run) => !named.has(run))
    if (!facts.streams.some(({ events }) => events.some(isKnown))) return open("the streams said nothing")
    if (unnamed.includes(true) && facts.streams.some((one) => brokeOff(facts, one)))
      return open("some were not named, but streams broke off meanwhile")
    return tally("runs that ended", "yes", "no", unnamed)
  }),
  ask("U6b", "Do run events come before the final status?", ({ log, runIds }) => {
    const counts = log.map(({ count }) => count)
    const final = counts.findIndex((one) => one?.isActive === false && one.ended === runIds.length)
    const first = (run: string) => log.findIndex((event) => event.run?.runId === run)
    const late = runIds.map(first).flatMap((at) => (at < 0 ? [] : [at > final]))
    if (final < 0) return open("the stream had no final status")
    return tally("runs, by their first event", "yes", "no", late)
  }),
  ask("U9", "Can an error event come, and does the stream go on after it?", ({ streams }) => {
    const isError = ({ type }: Told) => type === "error"
    const having = streams.filter(({ events }) => events.some(isError))
    const wentOn = having.filter(({ events }) => events.slice(events.findIndex(isError)).some(isKnown)).length
    const evidence = `${wentOn} of ${having.length} streams with an error went on`
    if (having.length === 0) return open("none came")
    return wentOn > 0 ? a("yes, and it goes on", evidence) : b("yes, and it ends", evidence)
  }),
  ask("U10", "Are there events of unknown types?", ({ streams, listings }) => {
    const events = [...streams, ...listings].flatMap((one) => one.events)
    const ways = events.map((event) => !isKnown(event) && event.type !== "error" && event.type)
    return tally("events", "no", "yes", ways)
  }),
  ask("U11", "Is `is_active` false too early?", (facts) => tally("statuses", "no", "yes", tooEarly(facts))),
  ask("U11b", "Is an empty group active?", (facts) => {
    const status = objectOf(facts.last("group:empty")?.json["status"])
    const looks = status["num_task_runs"] === 0 ? [status["is_active"] !== false] : []
    return tally("look at the group before runs were added", "no", "yes", looks)
  }),
  ask("U11c", "Are the group's counts behind its runs?", (facts) =>
    tally("counts asked for after a run had ended", "no", "yes", behind(facts)),
  ),
  ask("U17", "What is `input` in /events?", (facts) => {
    const isExpanded = inputsIn(runEvents(facts)).some((input) => !isMissing(input["task_spec"]))
    const way = isExpanded ? "with the default task spec" : "as it was given"
    const ways = runEvents(facts).map(({ json }) => !isMissing(json["input"]) && way)
    return tally("run events", "null", "there", ways)
  }),
  ask("D3", "Do run events carry the output?", (facts) => {
    const completed = runEvents(facts).filter(({ run }) => run?.status === "completed")
    const having = completed.map(({ json }) => !isMissing(json["output"]))
    return tally("events of completed runs", "no", "yes", having)
  }),
  ask("U10b", "Are there unknown fields?", (facts) =>
    fieldsThat(facts, (name, json) => Object.keys(json).filter((key) => !SHAPES.get(name)?.has(key))),
  ),
  ask("U10c", "Are required fields missing?", (facts) =>
    fieldsThat(facts, (name, json) => {
      const missing = [...SHAPES.get(name)!].filter(([key, { isRequired }]) => isRequired && !(key in json))
      return missing.map(([key]) => key)
    }),
  ),
  ask("U10d", "Are there unknown statuses?", ({ seen, counts }) => {
    const words = [...seen.map(({ status }) => status), ...counts.flatMap((look) => Object.keys(look.counts))]
    const unknown = words.map((word) => !STATUSES.has(word) && word)
    return tally("statuses", "no", "yes", unknown)
  }),
  ask("U22", "What does a malformed id get?", (facts) => notFound(facts, "group:malformed", "GET of it")),
  ask("U22b", "What does the id of no group get?", (facts) => notFound(facts, "group:unknown", "GET of it")),
  ask("U22c", "What does another account's key get of this group?", (facts) =>
    notFound(facts, "group:foreign", "GET with it (it goes into PARALLEL_OTHER_API_KEY)"),
  ),
  ask("D6", "What do errors look like?", ({ answers }) => {
    const errors = answers.filter(({ status }) => status >= 400)
    return tally("errors", "as the OpenAPI document says", "otherwise", errors.map(strangeError))
  }),
  ask("D7", "Is the content of a JSON output an object?", (facts) => {
    const outputs = objectsOf(facts, "output").filter(({ json }) => json["type"] === "json")
    const asText = outputs.map(({ json }) => typeof json["content"] === "string")
    return tally("JSON outputs", "yes", "no: JSON as text", asText)
  }),
  ask("D8", "Does this processor give confidence?", (facts) => {
    const lacking = objectsOf(facts, "basis").map(({ json: { confidence } }) => {
      return (typeof confidence !== "string" || confidence === "") && (JSON.stringify(confidence) ?? "absent")
    })
    return tally("entries of a basis", "yes", "not always", lacking)
  }),
]
