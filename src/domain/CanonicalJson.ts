interface Level {
  readonly members: Iterator<readonly [key: string | null, value: unknown]>
  readonly close: string
  empty: boolean
}

const membersOf = function* (value: object): Generator<readonly [string | null, unknown]> {
  if (Array.isArray(value)) {
    for (const item of value) yield [null, item]
    return
  }
  const object = value as Readonly<Record<string, unknown>>
  for (const key of Object.keys(object).toSorted()) yield [key, object[key]]
}

/**
 * The canonical text of a parsed JSON value, in pieces of about `size` characters: no white space, members of an object
 * in the order of their names. Two texts that mean the same have the same canonical text. It is made without recursion
 * and never held as a whole, because the value may be deep or large.
 */
export const canonicalJson = function* (value: unknown, size: number): Generator<string> {
  let text = ""
  const levels: Array<Level> = []
  let next: { readonly value: unknown } | null = { value }
  for (;;) {
    if (next !== null) {
      if (typeof next.value === "object" && next.value !== null) {
        const isArray = Array.isArray(next.value)
        text += isArray ? "[" : "{"
        levels.push({ members: membersOf(next.value), close: isArray ? "]" : "}", empty: true })
      } else {
        text += JSON.stringify(next.value) ?? "null"
      }
    }
    if (text.length >= size) {
      yield text
      text = ""
    }
    const level = levels.at(-1)
    if (level === undefined) break
    const member = level.members.next()
    if (member.done === true) {
      text += level.close
      levels.pop()
      next = null
      continue
    }
    const [key, item] = member.value
    text += `${level.empty ? "" : ","}${key === null ? "" : `${JSON.stringify(key)}:`}`
    level.empty = false
    next = { value: item }
  }
  yield text
}
