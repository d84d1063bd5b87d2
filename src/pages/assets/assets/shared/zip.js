// @ts-check

/** ZIP archives, compressed by the browser while they are written: no part of one is ever held as one text. */

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n
  for (let bit = 0; bit < 8; bit++) c = c & 1 ? 0xed_b8_83_20 ^ (c >>> 1) : c >>> 1
  return c
})

/** @param {Uint8Array} bytes @param {number} crc of what came before */
function crc32(bytes, crc) {
  let c = ~crc
  for (let at = 0; at < bytes.length; at++)
    c = /** @type {number} */ (CRC_TABLE[(c ^ /** @type {number} */ (bytes[at])) & 0xff]) ^ (c >>> 8)
  return ~c >>> 0
}

const encoder = new TextEncoder()

/** One file of an archive, of text that is appended. Several can be written at the same time. */
class ZipFile {
  crc = 0
  /** Bytes before and after compression. */
  size = 0
  packedSize = 0
  /** @type {Uint8Array<ArrayBuffer>[]} */
  chunks = []
  #stream = new CompressionStream("deflate-raw")
  #writer = this.#stream.writable.getWriter()
  #read = this.#collect()

  /** @param {string} path */
  constructor(path) {
    this.path = encoder.encode(path)
    // Whoever writes hears of a failure too.
    this.#read.catch(() => {})
  }

  /** @param {string} text whole characters */
  async write(text) {
    const bytes = encoder.encode(text)
    this.crc = crc32(bytes, this.crc)
    this.size += bytes.length
    await this.#writer.ready
    await this.#writer.write(bytes)
  }

  async end() {
    await this.#writer.close()
    await this.#read
  }

  async #collect() {
    const reader = this.#stream.readable.getReader()
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      this.chunks.push(value)
      this.packedSize += value.length
    }
  }
}

const LOCAL = 0x04_03_4b_50
const CENTRAL = 0x02_01_4b_50
const END = 0x06_05_4b_50
const VERSION = 20
/** Paths are UTF-8. */
const FLAGS = 0x08_00
const DEFLATE = 8
/** 1980-01-01, the least there is: the same content makes the same file. */
const DATE = 0x00_21

/** @param {...[size: 2 | 4, value: number]} fields */
function record(...fields) {
  const view = new DataView(new ArrayBuffer(fields.reduce((sum, [size]) => sum + size, 0)))
  let at = 0
  for (const [size, value] of fields) {
    if (size === 2) view.setUint16(at, value, true)
    else view.setUint32(at, value, true)
    at += size
  }
  return new Uint8Array(view.buffer)
}

/** What both heads of a file say of it. @param {ZipFile} file @returns {[2 | 4, number][]} */
const facts = ({ crc, packedSize, size, path }) => [
  [2, VERSION],
  [2, FLAGS],
  [2, DEFLATE],
  [2, 0],
  [2, DATE],
  [4, crc],
  [4, packedSize],
  [4, size],
  [2, path.length],
  [2, 0],
]

export class Zip {
  /** @type {ZipFile[]} */
  #files = []

  /** @param {string} path */
  file(path) {
    const file = new ZipFile(path)
    this.#files.push(file)
    return file
  }

  /** All files must have ended. @param {string} type */
  blob(type) {
    /** @type {Uint8Array<ArrayBuffer>[]} */
    const parts = []
    /** @type {Uint8Array<ArrayBuffer>[]} */
    const directory = []
    let offset = 0
    for (const file of this.#files) {
      const head = record([4, LOCAL], ...facts(file))
      directory.push(
        record([4, CENTRAL], [2, VERSION], ...facts(file), [2, 0], [2, 0], [2, 0], [4, 0], [4, offset]),
        file.path,
      )
      parts.push(head, file.path, ...file.chunks)
      offset += head.length + file.path.length + file.packedSize
    }
    const size = directory.reduce((sum, { length }) => sum + length, 0)
    const count = this.#files.length
    const end = record([4, END], [2, 0], [2, 0], [2, count], [2, count], [4, size], [4, offset], [2, 0])
    return new Blob([...parts, ...directory, end], { type })
  }
}
