/** JSON that is sent as it is written: every digit, and the order of keys. */
export class JsonText {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** The JSON of an object, some of whose members are such texts. */
export const written = (object: object): string => {
  const members = Object.entries(object).flatMap(([name, value]: [string, unknown]) => {
    const text = value instanceof JsonText ? value.text : (JSON.stringify(value) as string | undefined)
    return text === undefined ? [] : [`${JSON.stringify(name)}:${text}`]
  })
  return `{${members.join(",")}}`
}
