/** How a language writes what JSON can hold. */
interface Dialect {
  readonly indent: number
  readonly words: Readonly<Record<string, string>>
  readonly trailingComma: boolean
  /** What stands inside of an object's braces when it is written in one line. */
  readonly pad: string
}

const JSON_TEXT: Dialect = { indent: 2, words: {}, trailingComma: false, pad: " " }
const PYTHON: Dialect = {
  indent: 4,
  words: { true: "True", false: "False", null: "None" },
  trailingComma: true,
  pad: "",
}

/** Longer values have a line for each member. */
const WIDTH = 76

const write = (value: unknown, dialect: Dialect, by: string, used: number): string => {
  if (typeof value !== "object" || value === null) {
    const text = JSON.stringify(value)
    return dialect.words[text] ?? text
  }
  const isList = Array.isArray(value)
  const membersAt = (inner: string): ReadonlyArray<string> =>
    isList
      ? value.map((one) => write(one, dialect, inner, inner.length))
      : Object.entries(value).map(([name, one]) => {
          const key = `${JSON.stringify(name)}: `
          return key + write(one, dialect, inner, inner.length + key.length)
        })
  const [open, close] = isList ? "[]" : "{}"
  const inner = by + " ".repeat(dialect.indent)
  const members = membersAt(inner)
  if (members.length === 0) return `${open}${close}`
  const pad = isList ? "" : dialect.pad
  const line = `${open}${pad}${members.join(", ")}${pad}${close}`
  if (!line.includes("\n") && used + line.length <= WIDTH) return line
  const end = dialect.trailingComma ? "," : ""
  return `${open}\n${members.map((member) => inner + member).join(",\n")}${end}\n${by}${close}`
}

/** JSON for people: short members in one line. */
export const jsonText = (value: unknown): string => write(value, JSON_TEXT, "", 0)

/** The same as Python writes it. */
export const pythonText = (value: unknown): string => write(value, PYTHON, "", 0)
