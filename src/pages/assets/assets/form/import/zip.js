// @ts-check
/**
 * What is needed of a ZIP archive, by the browser's own inflater. It is bounded by what comes out, not by what the archive
 * says of itself: a few kilobytes can inflate to gigabytes.
 */

const END = 0x06054b50
const ENTRY = 0x02014b50
const LOCAL = 0x04034b50
const MOST_ENTRIES = 5000
const BROKEN = "The file is damaged, or was not copied to its end. Save it again, and choose that."

/**
 * @param {Uint8Array<ArrayBuffer>} bytes @param {(path: string) => boolean} isNeeded @param {number} mostBytes of all together
 * @returns {Promise<Map<string, Uint8Array>>} Fails with a RangeError that says what is wrong.
 */
export async function unpack(bytes, isNeeded, mostBytes) {
  const entries = directoryOf(bytes).filter(({ path }) => isNeeded(path))
  const said = entries.reduce((sum, { size }) => sum + size, 0)
  const tooLarge = `The workbook unpacks to more than ${mostBytes / 1024 / 1024} MB. Split it, and choose a part.`
  if (said > mostBytes) throw new RangeError(tooLarge)
  /** @type {Map<string, Uint8Array>} */
  const files = new Map()
  let left = mostBytes
  for (const { path, packed, method } of entries) {
    const file = method === 0 ? packed : await inflate(packed, left)
    if (file === null) throw new RangeError(tooLarge)
    left -= file.length
    files.set(path, file)
  }
  return files
}

/** @param {Uint8Array<ArrayBuffer>} bytes */
function directoryOf(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const u16 = (/** @type {number} */ at) => view.getUint16(at, true)
  const u32 = (/** @type {number} */ at) => view.getUint32(at, true)
  try {
    let end = bytes.length - 22
    while (u32(end) !== END) end--
    const count = u16(end + 10)
    if (count > MOST_ENTRIES) throw new RangeError(`The workbook has more than ${MOST_ENTRIES} parts.`)
    const entries = []
    for (let n = 0, at = u32(end + 16); n < count; n++) {
      if (u32(at) !== ENTRY) throw new RangeError(BROKEN)
      if ((u16(at + 8) & 1) === 1)
        throw new RangeError("The workbook has a password. Save it without one, and choose that.")
      const [method, packedSize, size] = [u16(at + 10), u32(at + 20), u32(at + 24)]
      const [nameLength, extra, comment, local] = [u16(at + 28), u16(at + 30), u16(at + 32), u32(at + 42)]
      if (u32(local) !== LOCAL || (method !== 0 && method !== 8)) throw new RangeError(BROKEN)
      const from = local + 30 + u16(local + 26) + u16(local + 28)
      const path = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength))
      entries.push({ path, method, size, packed: bytes.subarray(from, from + packedSize) })
      at += 46 + nameLength + extra + comment
    }
    return entries
  } catch (error) {
    // Reading behind the end is one, too, with words that say nothing.
    throw error instanceof RangeError && !/bounds|offset/i.test(error.message)
      ? error
      : new RangeError(BROKEN)
  }
}

/** @param {Uint8Array<ArrayBuffer>} packed @param {number} most @returns {Promise<Uint8Array | null>} null: it is more */
async function inflate(packed, most) {
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw"))
  const reader = stream.getReader()
  /** @type {Uint8Array[]} */
  const pieces = []
  let length = 0
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      length += value.length
      if (length > most) {
        void reader.cancel().catch(() => {})
        return null
      }
      pieces.push(value)
    }
  } catch {
    throw new RangeError(BROKEN)
  }
  return joined(pieces, length)
}

/** @param {readonly Uint8Array[]} pieces @param {number} length */
function joined(pieces, length) {
  const whole = new Uint8Array(length)
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}

/** An archive of files that are not compressed, for a reader that checks no sums. @param {ReadonlyMap<string, Uint8Array>} files @returns {ArrayBuffer} */
export function packStored(files) {
  /** @type {Uint8Array[]} */
  const locals = []
  /** @type {Uint8Array[]} */
  const entries = []
  let at = 0
  for (const [path, file] of files) {
    const name = new TextEncoder().encode(path)
    const local = header(LOCAL, 30, name)
    local.view.setUint32(18, file.length, true)
    local.view.setUint32(22, file.length, true)
    local.view.setUint16(26, name.length, true)
    const entry = header(ENTRY, 46, name)
    entry.view.setUint32(20, file.length, true)
    entry.view.setUint32(24, file.length, true)
    entry.view.setUint16(28, name.length, true)
    entry.view.setUint32(42, at, true)
    locals.push(local.bytes, file)
    entries.push(entry.bytes)
    at += local.bytes.length + file.length
  }
  const size = entries.reduce((sum, { length }) => sum + length, 0)
  const end = header(END, 22, new Uint8Array(0))
  end.view.setUint16(8, files.size, true)
  end.view.setUint16(10, files.size, true)
  end.view.setUint32(12, size, true)
  end.view.setUint32(16, at, true)
  return joined([...locals, ...entries, end.bytes], at + size + 22).buffer
}

/** @param {number} signature @param {number} length @param {Uint8Array} name */
function header(signature, length, name) {
  const bytes = new Uint8Array(length + name.length)
  bytes.set(name, length)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, signature, true)
  return { bytes, view }
}
