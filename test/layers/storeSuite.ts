import { describe } from "vitest"
import { applyingSuite } from "./store/applying.ts"
import { elementsSuite } from "./store/elements.ts"
import { endingSuite } from "./store/ending.ts"
import type { WithStorage } from "./store/fixtures.ts"
import { outputsSuite } from "./store/outputs.ts"
import { passingSuite } from "./store/passing.ts"
import { readingSuite } from "./store/reading.ts"
import { receivingSuite } from "./store/receiving.ts"

/** What `services/GroupReader.ts` promises, on any storage. */
export const runStoreSuite = (name: string, withStorage: WithStorage) => {
  describe(`${name}: receiving`, () => receivingSuite(withStorage))
  describe(`${name}: what upstream tells`, () => applyingSuite(withStorage))
  describe(`${name}: outputs`, () => outputsSuite(withStorage))
  describe(`${name}: snapshots and readers`, () => readingSuite(withStorage))
  describe(`${name}: a run that is seen running`, () => passingSuite(withStorage))
  describe(`${name}: elements`, () => elementsSuite(withStorage))
  describe(`${name}: the end`, () => endingSuite(withStorage))
}
