/** Everything random in the simulator comes from here: the same seed and parts give the same draws. */
export interface Random {
  /** In [0, 1). */
  next(): number
  /** A whole number from `min` to `max`, both included. */
  int(min: number, max: number): number
  pick<T>(items: ReadonlyArray<T>): T
  chance(probability: number): boolean
  /** A real number between the two. */
  between(min: number, max: number): number
}

type Words = [number, number, number, number]

/** cyrb128: four well-mixed 32-bit words from a text. */
const hashWords = (text: string): Words => {
  let [a, b, c, d]: Words = [1779033703, 3144134277, 1013904242, 2773480762]
  for (let i = 0; i < text.length; i++) {
    const k = text.charCodeAt(i)
    a = b ^ Math.imul(a ^ k, 597399067)
    b = c ^ Math.imul(b ^ k, 2869860233)
    c = d ^ Math.imul(c ^ k, 951274213)
    d = a ^ Math.imul(d ^ k, 2716044179)
  }
  a = Math.imul(c ^ (a >>> 18), 597399067)
  b = Math.imul(d ^ (b >>> 22), 2869860233)
  c = Math.imul(a ^ (c >>> 17), 951274213)
  d = Math.imul(b ^ (d >>> 19), 2716044179)
  const all = a ^ b ^ c ^ d
  return [all >>> 0, (b ^ all) >>> 0, (c ^ all) >>> 0, (d ^ all) >>> 0]
}

export type Part = string | number

const join = (parts: ReadonlyArray<Part>) => parts.join("\u0000")

/** 32 hex digits made from the parts. */
export const hex128 = (...parts: ReadonlyArray<Part>): string =>
  hashWords(join(parts))
    .map((word) => word.toString(16).padStart(8, "0"))
    .join("")

/** One number in [0, 1) made from the parts: cheaper than a generator for a single decision. */
export const unit = (...parts: ReadonlyArray<Part>): number => hashWords(join(parts))[0] / 4294967296

/** In the shape of a UUID, for `ref_id`. */
export const uuid = (...parts: ReadonlyArray<Part>): string => {
  const hex = hex128(...parts)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-9${hex.slice(17, 20)}-${hex.slice(20)}`
}

/** A generator (sfc32) seeded by the parts. */
export const createRandom = (...parts: ReadonlyArray<Part>): Random => {
  let [a, b, c, d] = hashWords(join(parts))
  const next = () => {
    const t = (((a + b) | 0) + d) | 0
    d = (d + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + t
    c |= 0
    return (t >>> 0) / 4294967296
  }
  for (let i = 0; i < 8; i++) next()
  const int = (min: number, max: number) => min + Math.floor(next() * (max - min + 1))
  return {
    next,
    int,
    pick: (items) => {
      if (items.length === 0) throw new Error("nothing to pick from")
      return items[int(0, items.length - 1)]!
    },
    chance: (probability) => next() < probability,
    between: (min, max) => min + next() * (max - min),
  }
}
