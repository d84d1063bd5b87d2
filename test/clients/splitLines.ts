/**
 * Lines as Python has them: `str.splitlines` ends a line at more characters than JSON Lines and event streams do, and
 * HTTP clients there read by it (`iter_lines` of httpx and of requests).
 */
const ENDS = "\n\r\v\f\u001c\u001d\u001e\u0085\u2028\u2029"
const END = new RegExp(`\r\n|[${ENDS}]`)

export const splitLines = (text: string): ReadonlyArray<string> => {
  const lines = text.split(END)
  return lines.at(-1) === "" ? lines.slice(0, -1) : lines
}

/** What httpx makes of a stream's pieces. */
export class LineDecoder {
  #buffer = ""
  #trailingCr = false

  decode(piece: string): ReadonlyArray<string> {
    let text = this.#trailingCr ? `\r${piece}` : piece
    this.#trailingCr = text.endsWith("\r")
    if (this.#trailingCr) text = text.slice(0, -1)
    if (text === "") return []
    const lines = [...splitLines(text)]
    const isEnded = ENDS.includes(text.at(-1)!)
    if (lines.length > 0) lines[0] = this.#buffer + lines[0]
    this.#buffer = isEnded ? "" : (lines.pop() ?? "")
    return lines
  }

  flush(): ReadonlyArray<string> {
    const rest = this.#buffer
    this.#buffer = ""
    this.#trailingCr = false
    return rest === "" ? [] : [rest]
  }
}

/** The data of every event, as clients on top of such lines read them (httpx-sse): an empty line ends an event. */
export async function* eventsOfLines(body: AsyncIterable<Uint8Array>): AsyncGenerator<{
  readonly event: string
  readonly data: string
}> {
  const [decoder, text] = [new LineDecoder(), new TextDecoder()]
  let [event, data] = ["", [] as Array<string>]
  for await (const piece of body) {
    for (const line of decoder.decode(text.decode(piece, { stream: true }))) {
      const [, field = "", value = ""] = /^([^:]*)(?:: ?([^]*))?$/.exec(line) ?? []
      if (line === "") {
        if (data.length > 0) yield { event, data: data.join("\n") }
        ;[event, data] = ["", []]
      } else if (field === "event") event = value
      else if (field === "data") data.push(value)
    }
  }
}
