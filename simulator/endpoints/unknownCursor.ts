import type { Context } from "../core/context.ts"
import { ApiError } from "../core/errors.ts"
import { invalid, problem } from "../validation/fields.ts"

/** U8: an old or unknown cursor. `empty` and `restart` are left to the stream; `ignored` counts as none given. */
export const onUnknownCursor = (context: Context): "empty" | "restart" | "none" => {
  switch (context.behaviour().cursors.unknown) {
    case "404":
      throw new ApiError(404, "Event id not found")
    case "422":
      throw invalid([problem(["query", "last_event_id"], "value_error", "Unknown event id")])
    case "ignored":
      return "none"
    case "empty":
      return "empty"
    case "restart":
      return "restart"
  }
}
