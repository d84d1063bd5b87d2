import type { Piece } from "./Formats.ts"

/** Frees the memory of bytes at once, where the platform can (Node as of 21): garbage is collected late. */
export const giveBack = (piece: Piece | null): void => {
  if (piece === null || typeof piece === "string") return
  const buffer = piece.buffer as { transfer?: (size: number) => unknown }
  buffer.transfer?.(0)
}
