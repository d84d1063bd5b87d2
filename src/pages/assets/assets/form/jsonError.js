// @ts-check
/**
 * Where JSON text stops being JSON. `JSON.parse` of some browsers does not say, and in a list of a thousand rows that
 * is the one thing one wants to know. Only called for text that `JSON.parse` refused.
 * @param {string} text @returns {{ line: number, column: number, what: string }}
 */
function locateJsonError(text) {
  let at = 0
  const literal = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)/y
  const string = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y
  const space = () => {
    while (at < text.length && " \t\r\n".includes(/** @type {string} */ (text[at]))) at++
  }
  /** @param {RegExp} pattern */
  const take = (pattern) => {
    pattern.lastIndex = at
    const found = pattern.exec(text)
    if (found) at = pattern.lastIndex
    return found !== null
  }
  /** Kinds of the brackets that are open. @type {("[" | "{")[]} */
  const open = []
  /** @returns {string | null} what is wrong at `at`, or null at the end */
  const walk = () => {
    /** What may come next. @type {"value" | "first value" | "key" | "first key" | "after"} */
    let next = "value"
    for (;;) {
      space()
      const c = text[at]
      if (c === undefined) return open.length > 0 || next !== "after" ? "the text ends too early" : null
      const inside = open.at(-1)
      if (next === "after") {
        if (inside === undefined) return "nothing may follow here"
        if (c === ",") next = inside === "[" ? "value" : "key"
        else if (c === (inside === "[" ? "]" : "}")) open.pop()
        else return `a comma or ${inside === "[" ? "]" : "}"} is missing`
        at++
      } else if ((next === "first value" && c === "]") || (next === "first key" && c === "}")) {
        open.pop()
        at++
        next = "after"
      } else if (next === "key" || next === "first key") {
        if (!take(string)) return c === "}" ? "a comma too many" : "a name in double quotes is missing"
        space()
        if (text[at] !== ":") return "a colon is missing"
        at++
        next = "value"
      } else if (c === "[" || c === "{") {
        open.push(c)
        at++
        next = c === "[" ? "first value" : "first key"
      } else if (c === '"') {
        if (!take(string)) return "a text is not closed or has a line break or a wrong escape"
        next = "after"
      } else if (take(literal)) next = "after"
      else
        return c === "]" || c === "}"
          ? "a value is missing, or a comma too many"
          : "a value is missing or not quoted"
    }
  }
  const what = walk() ?? "it cannot be read"
  const before = text.slice(0, at).split("\n")
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1, what }
}

/** What is wrong and where. @param {string} text that is not JSON */
export function jsonProblem(text) {
  const { line, column, what } = locateJsonError(text)
  return `Not valid JSON: ${what}, in line ${line}, column ${column}.`
}
