// @ts-check
/** Text in fewer characters, all of which may stand in an address: deflated, then base64url. */

/** Nothing that is unpacked may be larger, however small it was packed. */
const MOST_UNPACKED = 4_000_000

/** @param {string} text @returns {Promise<string>} */
export async function packed(text) {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("deflate-raw"))
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer())
  let binary = ""
  for (const byte of bytes) binary += String.fromCharCode(byte)
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "")
}

/** @param {string} text what `packed` made @returns {Promise<string | null>} null: it is none, or too large */
export async function unpacked(text) {
  try {
    const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"))
    const bytes = Uint8Array.from(binary, (char) => char.charCodeAt(0))
    const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw")).getReader()
    const decoder = new TextDecoder("utf-8", { fatal: true })
    let whole = ""
    for (;;) {
      const { done, value } = await reader.read()
      whole += decoder.decode(value, { stream: !done })
      if (done) return whole
      if (whole.length <= MOST_UNPACKED) continue
      void reader.cancel()
      return null
    }
  } catch {
    return null
  }
}
