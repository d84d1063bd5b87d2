import * as Effect from "effect/Effect"
import { Audience } from "../services/Audience.ts"
import { Settings } from "../services/Settings.ts"

/** Whether there is room for one more of what strangers may hold open; an object's memory is bounded. */
export const hasRoomTo = Effect.fnUntraced(function* (to: "watch" | "read") {
  const audience = yield* Audience
  const settings = yield* Settings
  return to === "watch" ? audience.watching() < settings.MAX_VIEWERS : audience.reading() < settings.MAX_READS
})
