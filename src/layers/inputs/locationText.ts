/**
 * A Location as text. Headers are bytes, each of them a character; where they are UTF-8, as most servers mean them, the
 * URL is what they say, otherwise every letter with an accent would be encoded twice.
 */
export const locationText = (header: string | undefined): string | null => {
  if (header === undefined) return null
  // eslint-disable-next-line no-control-regex
  if (!/^[\u0000-\u00ff]*$/.test(header)) return header
  try {
    const bytes = Uint8Array.from(header, (char) => char.charCodeAt(0))
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return header
  }
}
