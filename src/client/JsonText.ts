/** JSON that is sent as it is written: every digit, and the order of keys. */
export class JsonText {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/**
 * The JSON of an object, some of whose members are such texts. Throws a `TypeError` where a member is a number that JSON
 * cannot write: it would become null, which counts as absent, and a limit would be none.
 */
export const written = (object: object): string => {
  const members = Object.entries(object).flatMap(([name, value]: [string, unknown]) => {
    if (typeof value === "number" && !Number.isFinite(value))
      throw new TypeError(`\`${name}\` is ${value}: give a number, or leave it out. Nothing was sent.`)
    const text = value instanceof JsonText ? value.text : (JSON.stringify(value) as string | undefined)
    return text === undefined ? [] : [`${JSON.stringify(name)}:${text}`]
  })
  return `{${members.join(",")}}`
}
