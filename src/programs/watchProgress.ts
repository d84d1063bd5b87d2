import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { totalEnded } from "../domain/Counts.ts"
import { titleOf } from "../domain/GroupMetadata.ts"
import type { Progress } from "../domain/Progress.ts"
import { Audience } from "../services/Audience.ts"
import { GroupReader } from "../services/GroupReader.ts"
import { Publisher } from "../services/Publisher.ts"
import { Settings } from "../services/Settings.ts"
import { hasRoomTo } from "./admission.ts"

/**
 * How far the group is: at once when nothing of it changes by itself any more, else as soon as a row has ended since the
 * call began, or the group's state is another; at the latest after `waitMs`. Null where there is no group, or no longer.
 *
 * Who waits counts as a viewer. Where there is no room for one more, the answer comes at once: it is right all the same,
 * and whoever asks can ask again. Nobody waits for longer than PROGRESS_WAIT_SECONDS, because a call that was given up
 * may go on here.
 */
export const watchProgress = Effect.fn("watchProgress")(function* (waitMs: number) {
  const { PROGRESS_WAIT_SECONDS } = yield* Settings
  const audience = yield* Audience
  const first = yield* lookAtGroup
  if (first === null || !first.isActive || !(waitMs > 0) || !(yield* hasRoomTo("watch"))) return first
  const until = (yield* Clock.currentTimeMillis) + Math.min(waitMs, PROGRESS_WAIT_SECONDS * 1000)
  return yield* Effect.acquireUseRelease(
    Effect.sync(() => audience.enter("watch")),
    () => awaitNews(first, until),
    (leave) => Effect.sync(leave),
  )
})

const lookAtGroup = Effect.map(GroupReader, (store): Progress | null => {
  const details = store.details()
  // Removed, and not emptied yet.
  if (details === null || details.state === "removed") return null
  const status = store.status()
  return {
    taskgroupId: details.taskgroupId,
    url: details.url,
    title: titleOf(details.metadata) ?? `Task group ${details.taskgroupId}`,
    isActive: status.is_active,
    state: status.state,
    numInputs: details.numInputs,
    counts: status.task_run_status_counts,
    statusMessage: status.status_message,
  }
})

const awaitNews = Effect.fnUntraced(function* (first: Progress, until: number) {
  const publisher = yield* Publisher
  let ended = totalEnded(first.counts)
  for (;;) {
    const version = publisher.version()
    if (publisher.isClosed()) return null
    const seen = yield* lookAtGroup
    if (seen === null || !seen.isActive || seen.state !== first.state) return seen
    const now = totalEnded(seen.counts)
    if (now > ended) return seen
    // Somebody may have rows run again, which then have not ended.
    ended = now
    const left = until - (yield* Clock.currentTimeMillis)
    if (left <= 0) return seen
    yield* publisher.waitForRound(version, left)
  }
})
