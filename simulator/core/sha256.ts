/**
 * SHA-256 in plain code. `crypto.subtle` would do it on another thread, whose timing is not the virtual clock's, and
 * the same requests would then no longer meet in the same order.
 */
const primes = (count: number): number[] => {
  const found: number[] = []
  for (let n = 2; found.length < count; n++) if (found.every((p) => n % p !== 0)) found.push(n)
  return found
}

const fraction = (value: number) => ((value - Math.floor(value)) * 4294967296) | 0
const K = primes(64).map((p) => fraction(Math.cbrt(p)))
const INITIAL = primes(8).map((p) => fraction(Math.sqrt(p)))
const rotate = (x: number, n: number) => (x >>> n) | (x << (32 - n))

const pad = (bytes: Uint8Array): DataView => {
  const length = ((bytes.length + 8) >> 6) * 64 + 64
  const view = new DataView(new ArrayBuffer(length))
  bytes.forEach((byte, i) => view.setUint8(i, byte))
  view.setUint8(bytes.length, 0x80)
  view.setUint32(length - 8, Math.floor(bytes.length / 0x20000000))
  view.setUint32(length - 4, (bytes.length << 3) >>> 0)
  return view
}

const schedule = (view: DataView, offset: number): Int32Array => {
  const w = new Int32Array(64)
  for (let i = 0; i < 16; i++) w[i] = view.getInt32(offset + i * 4)
  for (let i = 16; i < 64; i++) {
    const s0 = rotate(w[i - 15]!, 7) ^ rotate(w[i - 15]!, 18) ^ (w[i - 15]! >>> 3)
    const s1 = rotate(w[i - 2]!, 17) ^ rotate(w[i - 2]!, 19) ^ (w[i - 2]! >>> 10)
    w[i] = (w[i - 16]! + s0 + w[i - 7]! + s1) | 0
  }
  return w
}

const compress = (state: number[], w: Int32Array): number[] => {
  let [a, b, c, d, e, f, g, h] = state as [number, number, number, number, number, number, number, number]
  for (let i = 0; i < 64; i++) {
    const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + K[i]! + w[i]!) | 0
    const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0
    h = g
    g = f
    f = e
    e = (d + t1) | 0
    d = c
    c = b
    b = a
    a = (t1 + t2) | 0
  }
  return [a, b, c, d, e, f, g, h].map((value, i) => (value + state[i]!) | 0)
}

/** The digest of a text's UTF-8 bytes, in hex. */
export const sha256 = (text: string): string => {
  const view = pad(new TextEncoder().encode(text))
  let state = INITIAL
  for (let offset = 0; offset < view.byteLength; offset += 64) state = compress(state, schedule(view, offset))
  return state.map((word) => (word >>> 0).toString(16).padStart(8, "0")).join("")
}
