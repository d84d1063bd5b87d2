import { ACTING } from "./acting.ts"
import { ENDING } from "./ending.ts"
import { FOLLOWING } from "./following.ts"
import { SUBMITTING } from "./submitting.ts"
import { TELLING } from "./telling.ts"

/**
 * A way to break the product that its promises forbid: a replacement in one source file. Random seeds of the simulation
 * must catch it, or, where they rarely come to it, the story that is about it. `npm run mutate` repeats them.
 */
export interface Mutation {
  readonly name: string
  readonly file: string
  readonly find: string
  readonly replace: string
  /** What the replacement needs and the file does not have. */
  readonly imports?: string
  /** The test file that must catch it, and a pattern for the names of its tests that are about it. */
  readonly story?: readonly [file: string, names?: string]
}

export const MUTATIONS: ReadonlyArray<Mutation> = [
  ...SUBMITTING,
  ...FOLLOWING,
  ...TELLING,
  ...ENDING,
  ...ACTING,
]
