import { type Followed, followGroup, type FollowOptions } from "../../../src/cli/follow.ts"
import { FakeGroup } from "./fakeGroup.ts"
import { type Kept, outputOf } from "./world.ts"

interface Following {
  readonly group: FakeGroup
  readonly stderr: Kept
  readonly done: Promise<Followed>
}

/** `columns`: of a terminal; absent: standard error goes to a file. */
export const follow = ({
  columns,
  env = {},
  total = null,
  estimatedSeconds = null,
  signal,
}: Partial<FollowOptions> & {
  readonly columns?: number
  readonly env?: Record<string, string>
}): Following => {
  const group = new FakeGroup()
  const stderr = outputOf(columns)
  const world = { stderr, env, now: () => Date.now() }
  const done = followGroup({ world, group, total, estimatedSeconds, signal })
  done.catch(() => {})
  return { group, stderr, done }
}
