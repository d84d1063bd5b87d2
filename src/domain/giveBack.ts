/** Frees the memory of bytes at once, where the platform can (Node as of 21): garbage is collected late. */
export const giveBack = ({ buffer }: Uint8Array): void => {
  ;(buffer as { transfer?: (size: number) => unknown }).transfer?.(0)
}
