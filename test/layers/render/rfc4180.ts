/** Reads CSV by the letter of RFC 4180, also with tabs for its commas: anything that is not in its grammar is an error. */
export const parseCsv = (text: string, separator: "," | "\t" = ","): ReadonlyArray<ReadonlyArray<string>> => {
  const records: Array<Array<string>> = []
  let at = 0
  const field = (): string => {
    if (text[at] !== '"') {
      // TEXTDATA: anything but a quote, a comma and a line end
      const plainText = separator === "," ? /^[^",\r\n]*/ : /^[^"\t\r\n]*/
      const end = at + (plainText.exec(text.slice(at))?.[0].length ?? 0)
      const plain = text.slice(at, end)
      at = end
      return plain
    }
    let value = ""
    for (at++; ; at++) {
      if (at >= text.length) throw new Error("a quoted field that does not end")
      if (text[at] !== '"') value += text[at]
      else if (text[at + 1] === '"') {
        value += '"'
        at++
      } else {
        at++
        return value
      }
    }
  }
  while (at < text.length) {
    const record = [field()]
    while (text[at] === separator) {
      at++
      record.push(field())
    }
    if (text.slice(at, at + 2) !== "\r\n")
      throw new Error(`at ${at}: ${JSON.stringify(text.slice(at, at + 20))} where a line ends`)
    at += 2
    if (records[0] !== undefined && record.length !== records[0].length)
      throw new Error(`${record.length} fields in a table of ${records[0].length}`)
    records.push(record)
  }
  return records
}
