/** Keys of what the store keeps beside its tables, see docs/storage.md. */
export const PLAN = "plan"
export const CURSOR = "cursor"
export const MEMORY = "following"
export const SENTENCES = "sentences"
export const PLAIN = "plain"
export const DELIVERIES = "deliveries"
