/** Keys of what the store keeps beside its tables, see docs/storage.md. */
export const PLAN = "plan"
export const CURSOR = "cursor"
export const MEMORY = "following"
export const SENTENCES = "sentences"
/** Not the name of before, under which it was not said of every column. */
export const PLAIN = "allPlain"
export const DELIVERIES = "deliveries"
/** How many ends there have been before the present one. */
export const ENDS = "ends"
/** Answers to acts that had an `Idempotency-Key`. */
export const ANSWERS = "answers"
/** What has come in pieces to be added; each piece has a key of its own. */
export const PIECES = "pieces"
/** A group was here and has been deleted: until when that is known, epoch milliseconds. */
export const DELETED = "deleted"
