import { errorJson } from "../../domain/ErrorJson.ts"

/** How rows end that a stop left unsent. */
export const STOPPED = {
  status: "cancelled",
  error: errorJson({ message: "Not sent: the group was stopped. Resume sends it." }),
} as const
