import type { BenchCase } from "../lib/context.ts"
import {
  act,
  AT_ONCE,
  inputs,
  NEVER,
  stateOf,
  type State,
  submissionBody,
  submit,
  whenDone,
} from "../lib/groups.ts"
import { startProduct, startSimulator } from "../lib/servers.ts"
import { alternate, figure, median, spread } from "../lib/stats.ts"

const INPUTS = 5_000
const LATENCY_MS = 200
const LARGE = 50_000
const AGAIN = 100
const ANSWERED_MS = 300

/**
 * What each attempt of a retried row may read and write, beside what a group writes for itself. An object that has rested
 * reads the state of every row once.
 */
const LIMITS = { read: LARGE / AGAIN + 60, written: 6 }

const clock = async (run: () => Promise<unknown>): Promise<number> => {
  const started = performance.now()
  await run()
  return performance.now() - started
}

/** Until upstream has so many runs of the group. */
const whenSent = async (simulator: string, group: string, runs: number): Promise<void> => {
  for (let tries = 0; tries < 600; tries++) {
    const groups = (await (await fetch(`${simulator}/_sim/ledger`)).json()) as ReadonlyArray<{
      readonly taskgroup_id: string
      readonly num_runs: number
    }>
    if (groups.some(({ taskgroup_id: id, num_runs: sent }) => id === group && sent >= runs)) return
    await new Promise((done) => setTimeout(done, 20))
  }
  throw new Error(`${group} has not ${runs} runs`)
}

/** Adding rows to a group, against a POST of as many: from the request until upstream has them all. */
const adding = async (folder: string, repeats: number) => {
  const latency = { transport: { latency_ms: [LATENCY_MS, LATENCY_MS] } }
  const simulator = await startSimulator(folder, { ...AT_ONCE, ...NEVER, ...latency })
  const product = await startProduct(folder, simulator.url, { data: "acts" })
  try {
    const body = submissionBody(INPUTS)
    const more = JSON.stringify({ inputs: inputs(INPUTS) })
    const post = async () => {
      const group = await submit(product.url, body)
      await whenSent(simulator.url, group, INPUTS)
      return group
    }
    const groups: Array<string> = []
    for (let at = 0; at <= repeats; at++) groups.push(await post())
    const add = async () => {
      const group = groups.pop()!
      await act(product.url, `${group}/inputs`, more)
      await whenSent(simulator.url, group, 2 * INPUTS)
    }
    return await alternate(
      repeats,
      () => clock(add),
      () => clock(post),
    )
  } finally {
    await product.stop()
    await simulator.stop()
  }
}

const rowsOf = ({ written }: State) => {
  if (written === null) throw new Error("nothing was counted")
  return { read: written.rowsRead, written: written.rows + written.keys + written.alarms }
}

/** Retrying a few of very many rows, from the request to the new end: time, and rows read and written. */
const retrying = async (folder: string) => {
  const simulator = await startSimulator(folder, AT_ONCE)
  const product = await startProduct(folder, simulator.url, { data: "acts-retry", count: true })
  try {
    const group = await submit(product.url, submissionBody(LARGE))
    await whenDone(product.url, group, 900_000)
    const before = rowsOf(await stateOf(product.url, group))
    const rows = Array.from({ length: AGAIN }, (_, at) => (at * LARGE) / AGAIN)
    const answered = await clock(() => act(product.url, `${group}/retry`, JSON.stringify({ rows })))
    const ended = await clock(() => whenDone(product.url, group, 60_000))
    const after = rowsOf(await stateOf(product.url, group))
    return {
      answered,
      ended: answered + ended,
      read: (after.read - before.read) / AGAIN,
      written: (after.written - before.written) / AGAIN,
    }
  } finally {
    await product.stop()
    await simulator.stop()
  }
}

/** What changes a group later. */
export const acts: BenchCase = {
  name: "acts",
  run: async ({ folder, repeats, log }) => {
    const { ours, control } = await adding(folder, repeats)
    const ratio = median(ours) / median(control)
    log(`adding: ${spread(ours, "ms")} against ${spread(control, "ms")}`)
    const again = await retrying(folder)
    return {
      name: "Acts",
      about: `Adding ${INPUTS} rows to a group of ${INPUTS}, until upstream, which answers in ${LATENCY_MS} ms, has them all; the control is a POST of ${INPUTS}. Retrying ${AGAIN} of ${LARGE} rows whose runs end at once: rows read and written (key-value entries and alarms included) for each, to the new end.`,
      lines: [
        {
          measure: `${INPUTS} rows added to ${INPUTS}`,
          ours: spread(ours, "ms"),
          control: spread(control, "ms"),
          result: `${figure(ratio)}×`,
          goal: "≤ 1.15×",
          met: ratio <= 1.15,
        },
        {
          measure: `${AGAIN} of ${LARGE} rows run again, to the answer and to the new end`,
          ours: `${figure(again.answered)} and ${figure(again.ended)} ms`,
          control: "",
          result: `${figure(again.answered)} ms`,
          goal: `answered in ≤ ${ANSWERED_MS} ms`,
          met: again.answered <= ANSWERED_MS,
        },
        {
          measure: "rows read for each of them",
          ours: figure(again.read),
          control: "",
          result: figure(again.read),
          goal: `≤ ${LIMITS.read}`,
          met: again.read <= LIMITS.read,
        },
        {
          measure: "rows written for each of them",
          ours: figure(again.written),
          control: "",
          result: figure(again.written),
          goal: `≤ ${LIMITS.written}`,
          met: again.written <= LIMITS.written,
        },
      ],
    }
  },
}
