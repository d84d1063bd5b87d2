/**
 * A Location as text. Headers are bytes: workerd reads them as UTF-8, as nearly all servers mean them, Node gives each
 * byte as a character. null: they are no text, and the URL that was meant cannot be known.
 */
export const locationText = (header: string | undefined): string | null => {
  if (header === undefined || header.includes("\ufffd")) return null
  if (/[^\0-\xff]/.test(header)) return header
  try {
    const bytes = Uint8Array.from(header, (char) => char.charCodeAt(0))
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return header
  }
}
