const WIDTH = 160

/** JSON for people: what fits into a line is one. */
export const prettyJson = (value: unknown): string => `${written(value, "", 0)}\n`

/** `used`: characters of the line that stand before the value, or follow it. */
const written = (value: unknown, indent: string, used: number): string => {
  const line = inLine(value)
  if (typeof value !== "object" || value === null || indent.length + used + line.length <= WIDTH) return line
  const inner = `${indent} `
  const [open, close] = Array.isArray(value) ? "[]" : "{}"
  const lines = Object.entries(value).map(([name, member]) => {
    const key = Array.isArray(value) ? "" : `${JSON.stringify(name)}: `
    return `${inner}${key}${written(member, inner, key.length + 1)}`
  })
  return `${open}\n${lines.join(",\n")}\n${indent}${close}`
}

const inLine = (value: unknown): string => {
  if (typeof value !== "object" || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(inLine).join(", ")}]`
  const members = Object.entries(value).map(([name, member]) => `${JSON.stringify(name)}: ${inLine(member)}`)
  return members.length === 0 ? "{}" : `{ ${members.join(", ")} }`
}
