/**
 * A Location as text. Headers are bytes, which some platforms give as a character each and others read as UTF-8, as
 * nearly all servers mean them. null: they are not, and the URL that was meant cannot be known.
 */
export const locationText = (header: string | undefined): string | null => {
  if (header === undefined || header.includes("\ufffd")) return null
  if ([...header].some((char) => char > "\u00ff")) return header
  try {
    const bytes = Uint8Array.from(header, (char) => char.charCodeAt(0))
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return null
  }
}
