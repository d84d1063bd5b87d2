import { isStatusState, stateLabel } from "../../domain/nextStep.ts"
import { estimateCostUsd } from "../../domain/Processors.ts"
import { PRODUCT } from "../../domain/Product.ts"
import {
  JsonText,
  type TaskGroup,
  type TaskGroupResultOutput,
  type TaskGroupStatus,
} from "../../client/index.ts"
import { capOf, change, confirm, groupOf, prepareAccess } from "../access.ts"
import { countsText, number } from "../following/words.ts"
import { readInputFile } from "../inputFile.ts"
import type { GroupPlace } from "../place.ts"
import { costText, forCost, rowsText, warningFacts, widthOf } from "../planText.ts"
import { say, type Session } from "../Session.ts"
import { terminalText } from "../terminalText.ts"
import { type Facts, factsText, plural } from "../text.ts"

const tell = (session: Session, facts: Facts): Promise<void> =>
  facts.length === 0 ? Promise.resolve() : say(session, factsText(facts, widthOf(session.world.stderr)))

const doubt = (what: string, { url }: GroupPlace): string =>
  `It is not known whether ${what}. ${url} shows what is so.`

/** GROUP with a key, whether asked for or not. */
const reach = async (
  session: Session,
  { asks, fromStdin = false }: { readonly asks: boolean; readonly fromStdin?: boolean },
): Promise<{ readonly place: GroupPlace; readonly open: () => Promise<TaskGroup> }> => {
  const place = await groupOf(session, { fromUrl: false })
  const access = await prepareAccess(session, place.host, { asks, fromStdin })
  session.interruption.meaning = "Nothing was changed."
  return { place, open: async () => (await access()).group(place.id) }
}

const onward = ({ url }: GroupPlace): string => `To follow it: ${PRODUCT} follow ${url}`

/** `add GROUP FILE`. */
export const add = async (session: Session): Promise<number> => {
  const { options, world, interruption, positionals } = session
  const fileName = positionals[1]!
  const { place, open } = await reach(session, { asks: true, fromStdin: fileName === "-" })
  const file = await interruption.race(readInputFile(fileName, world, options))
  session.lineOfRow = file.lineOfRow
  const group = await open()
  const request = {
    inputs: new JsonText(file.json),
    ...(options.limit !== null && { limit: options.limit }),
    ...(options.skipEmpty && { skip_empty: true }),
  }
  const { signal } = interruption
  const plan = await group.addInputs(
    { ...request, ...capOf(session, options.maxCost), dry_run: true },
    { signal },
  )
  const { added, estimated_cost_usd: cost, warnings } = plan
  await tell(session, [
    ["Rows", `${rowsText(file, added)}, for ${place.url}`],
    ["Cost", costText(cost)],
    ...warningFacts(warnings),
  ])
  if (added === 0) {
    await say(session, "There is nothing to add.")
    return 0
  }
  await confirm(session, `Add ${plural(added, "row")} ${forCost(cost)}?`)
  await change(session, {
    send: (signal) => group.addInputs({ ...request, ...capOf(session, cost) }, { signal }),
    done: async (answer) => {
      interruption.meaning = onward(place)
      const from = answer.first_index + 1
      const rows = answer.added === 1 ? `row ${from}` : `rows ${from} to ${from + answer.added - 1}`
      await say(session, `Added as ${rows} of ${number(answer.num_inputs)}: ${place.url}\n${onward(place)}`)
    },
    doubt: `${doubt("the rows were added", place)} Adding them again may add, and cost, them twice.`,
  })
  return 0
}

/** `retry GROUP`. */
export const retry = async (session: Session): Promise<number> => {
  const { options, interruption } = session
  const { place, open } = await reach(session, { asks: true })
  const group = await open()
  const request = (shown: number | null) => ({
    ...(options.processor !== null && { processor: options.processor }),
    ...capOf(session, shown),
  })
  const { signal } = interruption
  const plan = await group.retry({ ...request(options.maxCost), dry_run: true }, { signal })
  const { retried, estimated_cost_usd: cost, warnings } = plan
  if (retried === 0) {
    await tell(session, warningFacts(warnings))
    await say(session, `There is nothing to retry: no row has failed or was cancelled at ${place.url}`)
    return 0
  }
  await tell(session, [
    ["Rows", `${plural(retried, "row")} of ${place.url}, again, as new runs`],
    ["Cost", costText(cost)],
    ...warningFacts(warnings),
  ])
  await confirm(session, `Run ${plural(retried, "row")} again ${forCost(cost)}?`)
  await change(session, {
    send: (signal) => group.retry(request(cost), { signal }),
    done: async (answer) => {
      interruption.meaning = onward(place)
      await say(
        session,
        `${plural(answer.retried, "row runs", "rows run")} again: ${place.url}\n${onward(place)}`,
      )
    },
    doubt: doubt("the rows run again", place),
  })
  return 0
}

/** `stop GROUP`. */
export const stop = async (session: Session): Promise<number> => {
  const { place, open } = await reach(session, { asks: false })
  const group = await open()
  await change(session, {
    send: (signal) => group.stop({ signal }),
    done: async ({ not_sent, running, warnings }) => {
      session.interruption.meaning = ""
      await tell(session, warningFacts(warnings))
      if (not_sent + running === 0) return say(session, `There was nothing to stop: ${place.url}`)
      const unsent =
        not_sent === 0
          ? "All rows had been sent"
          : `${plural(not_sent, "row is", "rows are")} not sent any more`
      const left = plural(running, "row that is at Parallel goes", "rows that are at Parallel go")
      await say(session, `${unsent}${running === 0 ? "" : `; ${left} on to the end`}: ${place.url}`)
      if (not_sent > 0) await say(session, `To send the rest after all: ${PRODUCT} resume ${place.url}`)
    },
    doubt: doubt("it was stopped", place),
  })
  return 0
}

const statusText = (status: TaskGroupStatus): string => {
  // A server that is newer may know others.
  const label = isStatusState(status.state) ? stateLabel(status)[0] : terminalText(status.state)
  return [label, terminalText(status.status_message)].filter((text) => text !== "").join(": ")
}

/** What stands now, as people are told before they decide. */
const standing = async (
  session: Session,
  group: TaskGroup,
  { url }: GroupPlace,
): Promise<TaskGroupResultOutput> => {
  const output = await group.get({ limit: 1, basis: "none", signal: session.interruption.signal })
  const { status, metadata } = output
  const title: unknown = metadata["title"]
  await tell(session, [
    ["Group", typeof title === "string" ? `${terminalText(title)}\n${url}` : url],
    ["Rows", `${number(status.num_task_runs)}: ${terminalText(countsText(status.task_run_status_counts))}`],
    ["Status", statusText(status)],
  ])
  return output
}

/** `resume GROUP`. */
export const resume = async (session: Session): Promise<number> => {
  const { place, open } = await reach(session, { asks: true })
  const group = await open()
  const { status, metadata } = await standing(session, group, place)
  const { cancelled = 0 } = status.task_run_status_counts
  if (status.state === "done" || (status.state === "running" && cancelled === 0)) {
    await say(session, "There is nothing to resume: no row was left unsent.")
    return 0
  }
  const processor: unknown = metadata["processor"]
  const cost = typeof processor === "string" ? estimateCostUsd(processor, cancelled) : null
  await confirm(
    session,
    cancelled === 0 ? "Go on with this group?" : `Send ${plural(cancelled, "row")} ${forCost(cost)}?`,
  )
  await change(session, {
    send: (signal) => group.resume({ signal }),
    done: async ({ resumed, warnings }) => {
      session.interruption.meaning = onward(place)
      await tell(session, warningFacts(warnings))
      await say(
        session,
        resumed === 0
          ? `There was nothing to resume: ${place.url}`
          : `${plural(resumed, "row goes", "rows go")} on: ${place.url}\n${onward(place)}`,
      )
    },
    doubt: doubt("it goes on", place),
  })
  return 0
}

/** `delete GROUP`. */
export const remove = async (session: Session): Promise<number> => {
  const { place, open } = await reach(session, { asks: true })
  const group = await open()
  await standing(session, group, place)
  await confirm(session, "Delete it and its results for good?")
  await change(session, {
    send: (signal) => group.delete({ signal }),
    done: async ({ running, warnings }) => {
      session.interruption.meaning = ""
      await tell(session, warningFacts(warnings))
      const left = plural(running, "row that had not ended runs", "rows that had not ended run")
      await say(session, `Deleted.${running === 0 ? "" : ` ${left} on at Parallel, followed by nobody.`}`)
    },
    doubt: doubt("it was deleted", place),
  })
  return 0
}
