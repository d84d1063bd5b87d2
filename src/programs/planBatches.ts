import type { Range } from "../domain/TaskGroup.ts"

/**
 * Cuts inputs of these lengths (characters) into batches, each within Parallel's number of runs and within a size that
 * leaves the shared memory room.
 */
export const planBatches = (
  lengths: ReadonlyArray<number>,
  limits: { readonly size: number; readonly chars: number },
): ReadonlyArray<Range> => {
  const batches: Array<Range> = []
  let from = 0
  let chars = 0
  for (const [index, length] of lengths.entries()) {
    if (index > from && (index - from >= limits.size || chars + length > limits.chars)) {
      batches.push({ from, to: index })
      from = index
      chars = 0
    }
    chars += length
  }
  if (lengths.length > from) batches.push({ from, to: lengths.length })
  return batches
}
