import { describe, expect, it } from "@effect/vitest"
import * as Redacted from "effect/Redacted"
import {
  EventCursor,
  type GroupId,
  isGroupId,
  NO_CHANGE,
  readChangeNumber,
  RunId,
  shiftChange,
} from "../../src/domain/Ids.ts"
import { readGroupEvent } from "../../src/domain/Wire.ts"
import type { GroupReader } from "../../src/services/GroupReader.ts"
import type { ParallelApi } from "../../src/services/ParallelApi.ts"
import type { RunStore } from "../../src/services/RunStore.ts"
import { groupId } from "../support/ids.ts"

/** What the compiler refuses: where it would not, `@ts-expect-error` is an error itself. */
export const confusions = (
  { events, getRun }: ParallelApi["Service"],
  { apply }: RunStore["Service"],
  { reader }: GroupReader["Service"],
) => {
  const key = Redacted.make("key")
  const encode = () => new Uint8Array()
  const [group, run, cursor] = [groupId("tgrp_12345678"), RunId("trun_1"), EventCursor("1")]
  return [
    getRun(key, run),
    // @ts-expect-error a group is no run
    getRun(key, group),
    // @ts-expect-error text is no run before it was read as one
    getRun(key, "trun_1"),
    events(key, group, cursor),
    // @ts-expect-error a run is no group
    events(key, run, cursor),
    // @ts-expect-error a group is no place in its events
    events(key, group, group),
    // @ts-expect-error nor is a run
    apply([], 0, run),
    reader(NO_CHANGE, encode),
    // @ts-expect-error a number, say of an input, is no change
    reader(7, encode),
    // @ts-expect-error what was computed from a change is a number
    reader(NO_CHANGE + 1, encode),
    // @ts-expect-error Parallel's cursor is no change of ours
    reader(cursor, encode),
    // @ts-expect-error only what was checked is a group's id
    "tgrp_12345678" satisfies GroupId,
  ]
}

describe("ids", () => {
  it("of groups are what can be part of a URL", () => {
    const are = ["tgrp_0123-Ab", "a".repeat(128), "12345678"]
    const areNot = ["", "short_1", "a".repeat(129), "tgrp/12345678", "tgrp_12345678\n", "tgrp_1234567é", null]
    expect(are.map(isGroupId)).toEqual(are.map(() => true))
    expect(areNot.map(isGroupId)).toEqual(areNot.map(() => false))
  })

  it("of runs are well-formed text, and cursors are what Parallel sent", () => {
    const data = { type: "task_run.state", event_id: "c/1", run: { run_id: "r\ud800", status: "queued" } }
    expect(readGroupEvent({ name: "", data: JSON.stringify(data), id: "2" })).toMatchObject({
      eventId: "c/1",
      run: { runId: "r\ufffd" },
    })
  })

  it("of a viewer's events are change numbers; nothing else is read as one", () => {
    expect(["0", "7", "007", "9".repeat(15)].map(readChangeNumber)).toEqual([0, 7, 7, 999_999_999_999_999])
    const strange = [null, "", "-1", "1.5", "1e3", " 1", "0x1", "1\n", "9".repeat(16), "trun_1"]
    expect(strange.map(readChangeNumber)).toEqual(strange.map(() => null))
    expect(shiftChange(shiftChange(NO_CHANGE, 3), -1)).toBe(2)
  })
})
