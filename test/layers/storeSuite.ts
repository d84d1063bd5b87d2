import { describe } from "vitest"
import { anythingSuite } from "./store/anything.ts"
import { applyingSuite } from "./store/applying.ts"
import { attemptsSuite } from "./store/attempts.ts"
import { awaitingSuite } from "./store/awaiting.ts"
import { choosingSuite } from "./store/choosing.ts"
import { columnNamesSuite } from "./store/columnNames.ts"
import { columnsSuite } from "./store/columns.ts"
import { elementsSuite } from "./store/elements.ts"
import { endingSuite } from "./store/ending.ts"
import type { WithStorage } from "./store/fixtures.ts"
import { migratingSuite } from "./store/migrating.ts"
import { othersSuite } from "./store/others.ts"
import { outputsSuite } from "./store/outputs.ts"
import { passingSuite } from "./store/passing.ts"
import { readingSuite } from "./store/reading.ts"
import { receivingSuite } from "./store/receiving.ts"
import { removingSuite } from "./store/removing.ts"
import { sentencesSuite } from "./store/sentences.ts"
import { viewingSuite } from "./store/viewing.ts"

/** What the services of the store promise, on any storage. */
export const runStoreSuite = (name: string, withStorage: WithStorage) => {
  describe(`${name}: receiving`, () => receivingSuite(withStorage))
  describe(`${name}: what upstream tells`, () => applyingSuite(withStorage))
  describe(`${name}: outputs`, () => outputsSuite(withStorage))
  describe(`${name}: snapshots and readers`, () => readingSuite(withStorage))
  describe(`${name}: what viewers are given`, () => viewingSuite(withStorage))
  describe(`${name}: a run that is seen running`, () => passingSuite(withStorage))
  describe(`${name}: a completion without its output`, () => awaitingSuite(withStorage))
  describe(`${name}: rows that are tried again`, () => attemptsSuite(withStorage))
  describe(`${name}: runs of others`, () => othersSuite(withStorage))
  describe(`${name}: sentences`, () => sentencesSuite(withStorage))
  describe(`${name}: whatever is told`, () => anythingSuite(withStorage))
  describe(`${name}: elements`, () => elementsSuite(withStorage))
  describe(`${name}: parts`, () => choosingSuite(withStorage))
  describe(`${name}: columns of SQL`, () => columnsSuite(withStorage))
  describe(`${name}: names of columns of SQL`, () => columnNamesSuite(withStorage))
  describe(`${name}: the end`, () => endingSuite(withStorage))
  describe(`${name}: the removal`, () => removingSuite(withStorage))
  describe(`${name}: a group of an earlier version`, () => migratingSuite(withStorage))
}
