import { isStatusState, nextStep } from "../../domain/nextStep.ts"
import { PRODUCT } from "../../domain/Product.ts"
import type { Multitask, TaskGroup, TaskGroupStatus } from "../../client/index.ts"
import { clientOf, groupOf } from "../access.ts"
import type { InputFile } from "../inputFile.ts"
import { failuresText, followGroup } from "../follow.ts"
import { checkOutputFile } from "../results/outputFile.ts"
import { type OutputFormat, outputFormatOf } from "../results/outputFormat.ts"
import { writeResults } from "../results/writeResults.ts"
import { isClosedPipe, say, type Session } from "../Session.ts"
import { line } from "../text.ts"
import { createPlanned, goesOn, preparePlan } from "./create.ts"

/** Where results go, and how: to `--output`, else to stdout. */
interface Target {
  readonly file: string | null
  readonly format: OutputFormat | null
}

/** Throws where they could not be written, before anything is spent. */
const targetOf = async ({ options: { output } }: Session): Promise<Target> => {
  if (output === null) return { file: null, format: null }
  const format = outputFormatOf(output)
  await checkOutputFile(output)
  return { file: output, format }
}

const writeTo = async (
  session: Session,
  { file, format }: Target,
  results: {
    readonly multitask: Multitask
    readonly id: string
    /** What the rows are of, where it is at hand. */
    readonly input: Pick<InputFile, "columns" | "delimiter"> | null
    readonly otherwise: OutputFormat
  },
): Promise<void> => {
  const { world, interruption } = session
  const { multitask, id, input, otherwise } = results
  const columns = input?.columns ?? null
  // Who writes semicolons has a spreadsheet that reads them.
  const separator = input?.delimiter === ";" ? ";" : ","
  const { signal } = interruption
  await writeResults({
    world,
    multitask,
    id,
    format: format ?? otherwise,
    file,
    columns,
    separator,
    signal,
  }).catch((error: unknown) => {
    if (file !== null || !isClosedPipe(error)) throw error
  })
  if (file !== null) await say(session, `The results are in ${line(file)}.`)
}

const followToEnd = async (
  session: Session,
  group: TaskGroup,
  url: string,
  facts: { readonly total: number | null; readonly estimatedSeconds: { min: number; max: number } | null },
): Promise<boolean> => {
  const { world, interruption } = session
  interruption.meaning = goesOn(url)
  const followed = await followGroup({ world, group, ...facts, signal: interruption.signal })
  interruption.meaning = `The group is at ${url}\nTo get the results: ${PRODUCT} get ${url}`
  const { num_task_runs, task_run_status_counts } = followed.status
  if (task_run_status_counts["completed"] === num_task_runs) return true
  const failures = failuresText(followed).trimEnd()
  if (failures !== "") await say(session, failures)
  const next = nextText(followed.status, url)
  if (next !== null) await say(session, next)
  return false
}

/** What can be done next, by commands. Null for a state that only a newer server knows. */
const nextText = (status: TaskGroupStatus, url: string): string | null =>
  isStatusState(status.state)
    ? nextStep(status, url, (act) =>
        act === "inputs" ? `${PRODUCT} add ${url} FILE` : `${PRODUCT} ${act} ${url}`,
      )
    : null

/** `run FILE`. */
export const run = async (session: Session): Promise<number> => {
  const target = await targetOf(session)
  const prepared = await preparePlan(session, { asks: true })
  const { multitask, file } = prepared
  const group = await createPlanned(session, prepared, (url) => say(session, `Results: ${url}`))
  const { num_inputs, estimated_seconds } = group.created
  const isWhole = await followToEnd(session, group, session.group?.url ?? group.url, {
    total: num_inputs,
    estimatedSeconds: estimated_seconds,
  })
  await writeTo(session, target, { multitask, id: group.id, input: file, otherwise: file.format })
  return isWhole ? 0 : 2
}

/** `follow GROUP`. */
export const follow = async (session: Session): Promise<number> => {
  const target = await targetOf(session)
  const { host, id, url } = await groupOf(session, { fromUrl: true })
  const multitask = clientOf(session, host)
  const group = multitask.group(id)
  // A stream is tried again whatever answers; this says that it is somebody else's page.
  await group.status({ signal: session.interruption.signal })
  const isWhole = await followToEnd(session, group, url, { total: null, estimatedSeconds: null })
  await writeTo(session, target, { multitask, id, input: null, otherwise: "jsonl" })
  return isWhole ? 0 : 2
}

/** `get GROUP`. */
export const get = async (session: Session): Promise<number> => {
  session.interruption.meaning = "The results were not written to their end."
  const target = await targetOf(session)
  const { host, id } = await groupOf(session, { fromUrl: true })
  await writeTo(session, target, {
    multitask: clientOf(session, host),
    id,
    input: null,
    otherwise: "jsonl",
  })
  return 0
}
