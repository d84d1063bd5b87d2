import { expect, it } from "vitest"
import type { Batch, SubmissionPlan } from "../../src/domain/TaskGroup.ts"
import { checkEnd } from "./invariants.ts"
import { DAY, HOUR, MINUTE, read, reschedule, RESULT, runsOf, SECOND, world } from "./story.ts"
import { Viewer } from "./viewer.ts"
import { API_KEY, submit, type World } from "./world.ts"

/** Rows of the story, by what version 1 has of them. */
const ON_ITS_WAY = 1
const NEVER_CAME = 2
const SUBMITTED = 6
const ROWS = 8

const value = (of: World, key: string) => {
  const [[text] = []] = of.host.disk.exec("SELECT value FROM _kv WHERE key = ?", [key])
  return typeof text === "string" ? (JSON.parse(text) as unknown) : undefined
}
const put = (of: World, key: string, json: unknown) =>
  of.host.disk.exec("INSERT OR REPLACE INTO _kv (key, value) VALUES (?, ?)", [key, JSON.stringify(json)])

/** The object dies, and its disk is as version 1 would have left it at this point. */
const asVersion1 = (of: World, message: string) => {
  const { disk } = of.host
  disk.flush()
  of.host.kill("for a deploy")
  const blank = "content = NULL, output = NULL, confidence = NULL, merged = NULL"
  disk.exec(`UPDATE runs SET ${blank} WHERE input_index = ?`, [ON_ITS_WAY])
  disk.exec(`UPDATE runs SET ${blank}, error = ? WHERE input_index = ?`, [
    `{"ref_id":"","message":"Its output has not come.","detail":null}`,
    NEVER_CAME,
  ])
  disk.exec("UPDATE details SET schema_version = 1, status_message = ?", [message])
  disk.exec("DROP VIEW results", [])
  disk.exec("ALTER TABLE details DROP COLUMN run_options", [])
  disk.exec("ALTER TABLE runs DROP COLUMN processor", [])
  const plan = value(of, "plan") as SubmissionPlan | undefined
  if (plan !== undefined) {
    const { credit } = plan
    const ranges = (batches: ReadonlyArray<Batch>) => batches.flatMap(({ rows }) => rows)
    put(of, "plan", {
      todo: ranges(plan.todo),
      sending: ranges(plan.sending),
      lost: ranges(plan.lost),
      credit: credit && { since: of.clock.now() - 10 * MINUTE, next: credit.next, delay: 5 * MINUTE },
    })
  }
  for (const key of ["following", "sentences", "deliveries"])
    disk.exec("DELETE FROM _kv WHERE key = ?", [key])
  disk.flush()
}

const watch = (of: World) => {
  const { clock, dice, host, violations } = of
  const options = { clock, dice, host, violation: (text: string) => void violations.push(text) }
  const viewer = new Viewer({ ...options, name: "viewer", slowMs: 0, hangUpRate: 0.1 })
  of.viewers.push(viewer)
  void viewer.watch()
}

/** Rows 0 to 3 end at once, 4 and 5 in an hour; there is no credit for 6 and 7 until then. */
const begun = async () => {
  const of = world({
    weather: {
      rows: ROWS,
      batchSize: 2,
      creditFor: SUBMITTED,
      webhook: "fine",
      behaviour: { runs: { duration_ms: [HOUR, HOUR], scale_by_processor: false, failure_rate: 0 } },
    },
  })
  await submit(of)
  await of.clock.advance(30 * SECOND)
  reschedule(of, (index) => ({ startsIn: SECOND, endsIn: index < 4 ? 2 * SECOND : HOUR }))
  await of.clock.advance(2 * MINUTE)
  expect((await read(of)).status.task_run_status_counts).toMatchObject({ completed: 4 })
  return of
}

it("a group of version 1, waiting for credit in the middle of its life, is followed to its end", async () => {
  const of = await begun()
  asVersion1(of, "Not enough credit at Parallel: 2 inputs are not submitted yet.")
  const asked = of.simulator.requests.counts[RESULT] ?? 0
  watch(of)
  await of.clock.advance(MINUTE)
  // The output that was on its way comes; the wait for credit is said by this version now.
  const data = await read(of)
  expect(data.status.task_run_status_counts).toEqual({ completed: 3, failed: 1, running: 2, queued: 2 })
  expect(data.status.status_message).toMatch(
    /^Not enough credit at Parallel: 2 inputs .* Next attempt at \S+\.$/,
  )
  expect(of.simulator.requests.counts[RESULT]).toBe(asked + 1)
  of.simulator.accounts.requireCredit = () => {}
  await of.clock.advance(3 * HOUR)
  expect((await read(of)).status.status_message).toBe("")
  await checkEnd(of)
  expect(of.host.disk.exec("SELECT count(*) FROM results WHERE \"$status\" = 'completed'", [])).toEqual([[7]])
  // An end that was told stays.
  expect(of.violations).toEqual([`row ${NEVER_CAME} is failed, upstream says completed`])
  expect(runsOf(of)).toHaveLength(ROWS)
  expect(of.host.disk.dump()).not.toContain(API_KEY)
  await of.clock.advance(31 * DAY)
  expect(of.host.disk.isEmpty()).toBe(true)
  of.host.retire()
})

it("a group that version 1 ended is shown until its removal, and its webhook sent", async () => {
  const of = await begun()
  of.simulator.accounts.requireCredit = () => {}
  of.simulator.host.webhooks.answerWith([{ status: 500, lasting: true }])
  await of.clock.advance(3 * HOUR)
  expect((await read(of)).ended).toBe(true)
  asVersion1(of, "")
  of.simulator.host.webhooks.answerWith([{ status: 200, lasting: true }])
  watch(of)
  await of.clock.advance(2 * HOUR)
  const data = await read(of)
  expect(data.ended).toBe(true)
  expect(data.results.map((row) => row["$status"])).toEqual(
    Array.from({ length: ROWS }, (_, at) =>
      at === ON_ITS_WAY ? "running" : at === NEVER_CAME ? "failed" : "completed",
    ),
  )
  expect(of.viewers.map(({ done, finished }) => [done, finished])).toEqual([[true, true]])
  expect(of.simulator.host.webhooks.received.at(-1)?.answered).toBe(200)
  expect(of.violations).toEqual([])
  await of.clock.advance(31 * DAY)
  expect(of.host.disk.isEmpty()).toBe(true)
  of.host.retire()
})

it("a refusal that version 1 had met goes on, and is taken back when it is over", async () => {
  const of = world({
    weather: { behaviour: { runs: { duration_ms: [2 * HOUR, 2 * HOUR], scale_by_processor: false } } },
  })
  await submit(of)
  await of.clock.advance(MINUTE)
  of.simulator.revokeKey(API_KEY)
  await of.clock.advance(MINUTE)
  put(of, "refused_since", of.clock.now() - MINUTE)
  asVersion1(of, "Parallel refuses access to this group (401: no).")
  await of.clock.advance(10 * MINUTE)
  expect((await read(of)).status.status_message).toMatch(
    /^Parallel refuses access to this group \(401: .*hours\.$/,
  )
  of.simulator.restoreKey(API_KEY)
  await of.clock.advance(HOUR)
  expect((await read(of)).status.status_message).toBe("")
  await of.clock.advance(3 * HOUR)
  expect((await read(of)).results.map((row) => row["$status"])).toEqual(Array(4).fill("completed"))
  of.host.retire()
})
