/** Where a deployment stands, and which group an address names. */

const httpUrl = (text: string): URL | null => {
  const url = URL.canParse(text) ? new URL(text) : null
  return url?.protocol === "https:" || url?.protocol === "http:" ? url : null
}

/** Without a slash at its end. Throws a `TypeError`, which repeats nothing of it: it may hold what is secret. */
export const baseUrlOf = (baseUrl: string | URL): string => {
  const url = httpUrl(String(baseUrl))
  const wrong =
    url === null
      ? "must be a whole http or https URL, such as https://multitask.example.com"
      : url.username !== "" || url.password !== ""
        ? "must not carry a user name or a password: the API key goes into `apiKey`"
        : url.search !== "" || url.hash !== "" || /[?#]/.test(String(baseUrl))
          ? "must end with its path: it takes no query and no fragment"
          : null
  if (url === null || wrong !== null) throw new TypeError(`baseUrl ${wrong}`)
  return url.origin + url.pathname.replace(/\/+$/, "")
}

const isId = (text: string): boolean => /^[A-Za-z0-9_-]{8,128}$/.test(text)

/** A row is named behind its group, by its number or its run's id: that is opaque, but looks so. */
const isRow = (text: string): boolean => /^(?:\d+|trun_.*)$/.test(text)

/**
 * The id in an id, or in the URL of a group in any format or of one of its rows, at whatever origin. Throws a
 * `TypeError` where there is none.
 */
export const groupIdOf = (idOrUrl: string, baseUrl: string): string => {
  const text = idOrUrl.trim()
  if (isId(text)) return text
  const url = httpUrl(text)
  const prefix = new URL(baseUrl).pathname.replace(/\/*$/, "/")
  // A path that is long enough for an id would be taken for one.
  const path = url?.pathname.startsWith(prefix) ? url.pathname.slice(prefix.length) : (url?.pathname ?? "")
  const segments = path.replace(/\/$/, "").split("/")
  // Neither an id nor a row's name has dots.
  const [last = "", before = ""] = segments.map((segment) => segment.split(".")[0] as string).reverse()
  const namesRow = isRow(last) || url?.href.startsWith(`${baseUrl}/`)
  const id = namesRow && isId(before) ? before : last
  if (isId(id)) return id
  throw new TypeError(
    `No task group is named by ${JSON.stringify(text.slice(0, 200))}: give its id (8 to 128 letters, digits, - or _), or its URL`,
  )
}
