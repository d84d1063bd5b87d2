import { expect, it } from "vitest"
import { isTerminal } from "../../../src/domain/RunStatus.ts"
import { EMPTY_PLAN } from "../../../src/domain/TaskGroup.ts"
import {
  asEvents,
  breaking,
  type Dice,
  drain,
  groupOn,
  inputsOf,
  makeDice,
  NOW,
  opened,
  outputOf,
  rowsOf,
  SEEDS,
  type Store,
  told,
  type WithStorage,
} from "./fixtures.ts"

const ROWS = 12
const ENDS = ["completed", "completed", "failed", "cancelled"]

/** What upstream has: a run for each input, second runs for some, and runs of somebody else. */
const makeUpstream = (dice: Dice) => {
  const own = Array.from({ length: ROWS }, (_, index) => ({ runId: `run-${index}`, index }))
  const second = own.filter(() => dice.chance(0.2)).map(({ index }) => ({ runId: `second-${index}`, index }))
  const strangers = [0, 1].map((at) => ({ runId: `stranger-${at}`, index: null }))
  const runs = [...own, ...second, ...strangers].map((run) => ({ ...run, end: dice.pick(ENDS) }))
  const tell = (
    { runId, index, end }: (typeof runs)[number],
    status: string,
    named: boolean,
    whole = dice.chance(0.5),
  ) =>
    told(runId, status, {
      index: named ? index : null,
      output: status === "completed" && whole ? outputOf({ ceo: `of ${runId}` }) : null,
      raw: end === "failed" && status === "failed" ? { error: { message: runId } } : {},
    })
  return { runs, own, tell }
}

/** What holds at any moment. */
const expectSound = (store: Store, otherRuns: number) => {
  const rows = rowsOf(store)
  const byStatus: Record<string, number> = {}
  for (const { status } of rows) byStatus[status] = (byStatus[status] ?? 0) + 1
  expect(store.status().task_run_status_counts).toEqual(byStatus)
  for (const row of rows) if (row.status === "completed") expect(row.content).not.toBeNull()
  const have = rows.filter(({ runId }) => runId !== null)
  const pending = [...store.pendingOutputs()]
  for (const { inputIndex, runId } of pending) {
    expect(rows[inputIndex]!.runId).toBe(runId)
    expect(isTerminal(rows[inputIndex]!.status)).toBe(false)
  }
  const ended = have.filter(({ status }) => isTerminal(status)).length
  expect(store.submitted()).toBe(have.length)
  expect(store.unfinishedRuns(ROWS).length + pending.length + ended).toBe(have.length)
  expect(Object.values(store.upstreamCounts()).reduce((sum, count) => sum + count, 0)).toBe(
    have.length + otherRuns,
  )
}

/** A viewer from the first row on, who is told a row's end once. */
const makeViewer = () => {
  const ends = new Map<string, number>()
  const rows = new Map<number, string>()
  let seen = 0
  return {
    rows,
    watch: (store: Store) => {
      for (const { id, data } of drain(store.reader(seen, asEvents))) {
        expect(id).toBeGreaterThan(seen)
        seen = id
        const { run_id: runId, status } = data.run!
        if (isTerminal(status)) ends.set(`${runId}`, (ends.get(`${runId}`) ?? 0) + 1)
        rows.set(data.input_index!, `${runId} ${status}`)
      }
      // Numbers behind the last row are of messages.
      seen = store.change()
    },
    endsToldAgain: () => [...ends].filter(([, times]) => times > 1),
  }
}

/** Whatever upstream tells, in whatever order, with restarts and transactions that fail between. */
export const anythingSuite = (withStorage: WithStorage) => {
  it.each(SEEDS)("counts, rows and viewers agree, and come to the truth in the end (seed %i)", (seed) =>
    withStorage((storage) => {
      const dice = makeDice(seed)
      const { runs, own, tell } = makeUpstream(dice)
      const { storage: broken, breakAt } = breaking(storage, /^(UPDATE|INSERT)/)
      let store = groupOn(broken, inputsOf(ROWS))
      const viewer = makeViewer()
      /** Runs that this store has heard of. */
      const known = new Set<string>()
      const othersKnown = () => {
        const shown = new Set(rowsOf(store).map(({ runId }) => runId))
        // It stays known when another run takes its row.
        for (const runId of shown) if (runId !== null) known.add(runId)
        return [...known].filter((runId) => !shown.has(runId)).length
      }
      const hear = (updates: ReadonlyArray<ReturnType<typeof told>>, at: number) => {
        store.apply(updates, at)
        for (const { run } of updates) known.add(run.runId)
      }
      const steps: ReadonlyArray<(at: number) => void> = [
        (at) => {
          const some = Array.from({ length: dice.whole(4) }, () => dice.pick(runs))
          hear(
            some.map((run) =>
              tell(run, dice.pick(["queued", "running", run.end, run.end]), dice.chance(0.7)),
            ),
            at,
          )
        },
        (at) =>
          store.acceptRuns(
            own.filter(() => dice.chance(0.2)).map(({ runId, index }) => ({ runId, inputIndex: index })),
            EMPTY_PLAN,
            at,
          ),
        (at) => {
          const [late] = store.pendingOutputs()
          if (late !== undefined && dice.chance(0.3))
            store.failOutput(late.inputIndex, `{"message":"late"}`, at)
        },
        () => store.flush(),
        () => store.say("following", dice.pick(["F.", null])),
        () => {
          if (!dice.chance(0.3)) return
          store = opened(broken).store
          known.clear()
        },
      ]
      for (let turn = 0; turn < 120; turn++) {
        if (dice.chance(0.2)) breakAt(1 + dice.whole(3))
        try {
          dice.pick(steps)(NOW + turn)
        } catch (error) {
          expect(String(error)).toContain("planned failure")
          // Of those that it heard of in vain, it may remember some.
          for (const run of runs) hear([tell(run, "queued", true)], NOW + turn)
        }
        breakAt(Number.POSITIVE_INFINITY)
        expectSound(store, othersKnown())
        viewer.watch(store)
      }
      // Listings tell everything; the first may yet move runs from row to row.
      for (const whole of [false, true]) {
        hear(
          runs.map((run) => tell(run, run.end, true, whole)),
          NOW + 1_000,
        )
      }
      expectSound(store, othersKnown())
      expect(store.allEnded()).toBe(true)
      const truth: Record<string, number> = {}
      for (const { end } of runs) truth[end] = (truth[end] ?? 0) + 1
      expect(store.upstreamCounts()).toEqual(truth)
      viewer.watch(store)
      expect(viewer.endsToldAgain()).toEqual([])
      for (const one of [store, opened(storage).store]) {
        expect(rowsOf(one).map(({ runId, status }) => `${runId} ${status}`)).toEqual(
          [...viewer.rows].toSorted(([a], [b]) => a - b).map(([, row]) => row),
        )
      }
    }),
  )
}
