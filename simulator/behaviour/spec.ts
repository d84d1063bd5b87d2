/** Small checkers with defaults: one description gives the type, the default document and clear errors. */
export interface Problem {
  readonly path: string
  readonly message: string
}

export interface Spec<T> {
  readonly initial: T
  /** Returns the value when it fits, else the default after noting why. */
  readonly check: (value: unknown, path: string, problems: Problem[]) => T
}

export type Infer<S> = S extends Spec<infer T> ? T : never
// Fields of every type: `unknown` would not take a checker of something narrower.
// oxlint-disable-next-line typescript/no-explicit-any
type Fields = Record<string, Spec<any>>
type InferFields<F extends Fields> = { [K in keyof F]: Infer<F[K]> }

const show = (value: unknown) => {
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}

const leaf = <T>(initial: T, expected: string, fits: (value: unknown) => boolean): Spec<T> => ({
  initial,
  check(value, path, problems) {
    if (fits(value)) return value as T
    problems.push({ path, message: `expected ${expected}, got ${show(value)}` })
    return initial
  },
})

const finite = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value)

export const number = (initial: number, min = 0, max = Number.MAX_SAFE_INTEGER): Spec<number> =>
  leaf(initial, `a number from ${min} to ${max}`, (value) => finite(value) && value >= min && value <= max)
/** A probability. */
export const rate = (initial: number): Spec<number> => number(initial, 0, 1)
export const boolean = (initial: boolean): Spec<boolean> =>
  leaf(initial, "true or false", (value) => typeof value === "boolean")
export const string = (initial = ""): Spec<string> =>
  leaf(initial, "a string", (value) => typeof value === "string")
const isJson = (value: unknown): boolean => {
  try {
    return typeof value === "string" && JSON.parse(value) !== undefined
  } catch {
    return false
  }
}
export const jsonText = (initial = "null"): Spec<string> => leaf(initial, "JSON in a string", isJson)
export const oneOf = <const T extends string | number>(initial: T, ...others: ReadonlyArray<T>): Spec<T> =>
  leaf(initial, `one of ${[initial, ...others].join(", ")}`, (value) =>
    [initial, ...others].includes(value as T),
  )
export const anything: Spec<unknown> = leaf(null, "any value", () => true)

export const nullable = <T>(inner: Spec<T>, initial: T | null = null): Spec<T | null> => ({
  initial,
  check: (value, path, problems) => (value === null ? null : inner.check(value, path, problems)),
})

/** Two numbers, the first not above the second. */
export const range = (low: number, high: number): Spec<readonly [number, number]> =>
  leaf([low, high] as const, "[low, high] with 0 <= low <= high", (value) => {
    if (!Array.isArray(value) || value.length !== 2) return false
    const [a, b] = value as [unknown, unknown]
    return finite(a) && finite(b) && a >= 0 && a <= b
  })

export const list = <T>(item: Spec<T>): Spec<ReadonlyArray<T>> => ({
  initial: [],
  check(value, path, problems) {
    if (Array.isArray(value)) return value.map((entry, i) => item.check(entry, `${path}[${i}]`, problems))
    problems.push({ path, message: `expected a list, got ${show(value)}` })
    return []
  },
})

export const record = <T>(item: Spec<T>): Spec<Readonly<Record<string, T>>> => ({
  initial: {},
  check(value, path, problems) {
    if (!isRecord(value)) {
      problems.push({ path, message: `expected an object, got ${show(value)}` })
      return {}
    }
    return Object.fromEntries(
      Object.entries(value).map(([key, entry]) => [key, item.check(entry, at(path, key), problems)]),
    )
  },
})

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value)
const at = (path: string, key: string) => (path === "" ? key : `${path}.${key}`)

/** An object; absent fields take their default, unknown ones are errors. */
export const object = <F extends Fields>(fields: F): Spec<InferFields<F>> => {
  const initial = Object.fromEntries(
    Object.entries(fields).map(([key, spec]) => [key, spec.initial]),
  ) as InferFields<F>
  return {
    initial,
    check(value, path, problems) {
      if (!isRecord(value)) {
        problems.push({ path, message: `expected an object, got ${show(value)}` })
        return initial
      }
      for (const key of Object.keys(value)) {
        if (!Object.hasOwn(fields, key)) {
          const known = Object.keys(fields).join(", ")
          problems.push({ path: at(path, key), message: `unknown field; known here: ${known}` })
        }
      }
      return Object.fromEntries(
        Object.entries(fields).map(([key, spec]) => {
          const entry = value[key]
          return [key, entry === undefined ? spec.initial : spec.check(entry, at(path, key), problems)]
        }),
      ) as InferFields<F>
    },
  }
}

/** One of several objects, told apart by their `kind`. */
export const kinds = <K extends Record<string, Fields>>(variants: K) => {
  type Variant = { [N in keyof K & string]: { kind: N } & InferFields<K[N]> }[keyof K & string]
  const names = Object.keys(variants)
  const spec: Spec<Variant> = {
    initial: { kind: names[0] } as Variant,
    check(value, path, problems) {
      const kind = isRecord(value) ? value["kind"] : undefined
      if (!isRecord(value) || typeof kind !== "string" || !Object.hasOwn(variants, kind)) {
        problems.push({ path: at(path, "kind"), message: `expected one of ${names.join(", ")}` })
        return spec.initial
      }
      const { kind: _, ...rest } = value
      return { kind, ...object(variants[kind]!).check(rest, path, problems) } as Variant
    },
  }
  return spec
}

export class InvalidDocument extends Error {
  override readonly name = "InvalidDocument"
  readonly problems: ReadonlyArray<Problem>
  constructor(problems: ReadonlyArray<Problem>) {
    super(problems.map((p) => `${p.path === "" ? "document" : p.path}: ${p.message}`).join("; "))
    this.problems = problems
  }
}

/** The checked document, or `InvalidDocument` with every problem. */
export const parse = <T>(spec: Spec<T>, value: unknown): T => {
  const problems: Problem[] = []
  const result = spec.check(value, "", problems)
  if (problems.length > 0) throw new InvalidDocument(problems)
  return result
}

/** `patch` over `base`: objects merge, everything else replaces. */
export const merge = (base: unknown, patch: unknown): unknown => {
  if (!isRecord(base) || !isRecord(patch)) return patch
  const merged = { ...base }
  for (const [key, value] of Object.entries(patch)) merged[key] = merge(base[key], value)
  return merged
}

/** Any part of a document: what is left out takes its default. A `kind` always has to be named. */
export type DeepPartial<T> = T extends readonly [number, number]
  ? T
  : T extends ReadonlyArray<infer E>
    ? ReadonlyArray<DeepPartial<E>>
    : T extends { kind: infer K }
      ? { readonly kind: K } & { readonly [F in Exclude<keyof T, "kind">]?: DeepPartial<T[F]> }
      : T extends object
        ? { readonly [F in keyof T]?: DeepPartial<T[F]> }
        : T
