export const PRODUCT = "parallel-multitask"
/** package.json's. */
export const VERSION = "0.1.0"
/** How outgoing calls introduce themselves: some servers answer 403 to a caller without a name. */
export const USER_AGENT = `${PRODUCT}/${VERSION}`
