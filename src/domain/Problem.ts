/**
 * One thing that is wrong with a request, where, and what to do about it. A 422 lists all of them.
 *
 * `path` names the place as a JavaScript programmer would write it: `inputs[3]`, `output_schema.properties.a`,
 * `webhook_url`. The empty path is the body as a whole. `message` is the rest of a sentence that begins with the path.
 */
export interface Problem {
  readonly path: string
  readonly message: string
}

/** The problem as a sentence, for a message without a path beside it. */
export const problemSentence = ({ path, message }: Problem): string =>
  `${path === "" ? "The body" : path} ${message}`

/** More than this helps nobody, and 50,000 bad rows would make an answer of megabytes. */
export const MAX_LISTED_PROBLEMS = 100

/** Keeps the first problems; one more, at `path`, says how many are not listed. */
export const capProblems = (problems: ReadonlyArray<Problem>, path: string): ReadonlyArray<Problem> =>
  withHidden(problems.slice(0, MAX_LISTED_PROBLEMS), problems.length - MAX_LISTED_PROBLEMS, path)

/** Problems as they are found: the first of them, and how many there are. */
export class Problems {
  readonly first: Array<Problem> = []
  count = 0

  add(path: string, message: string): void {
    this.count++
    if (!this.isFull) this.first.push({ path, message })
  }

  /** `more` problems that nobody will read: the list is full, or so many of a kind are enough. */
  addUnlisted(more: number): void {
    this.count += more
  }

  get isFull(): boolean {
    return this.first.length >= MAX_LISTED_PROBLEMS
  }

  addAll(problems: ReadonlyArray<Problem>): void {
    for (const { path, message } of problems) this.add(path, message)
  }

  join({ first, count }: Problems): void {
    this.addAll(first)
    this.addUnlisted(count - first.length)
  }

  /** What is told of them: one more, at `path`, says how many are not listed. */
  list(path: string): ReadonlyArray<Problem> {
    return withHidden(this.first, this.count - this.first.length, path)
  }
}

const withHidden = (listed: ReadonlyArray<Problem>, hidden: number, path: string): ReadonlyArray<Problem> => {
  if (hidden <= 0) return listed
  const more = hidden === 1 ? "1 more problem, which is" : `${hidden} more problems, which are`
  const message = `has ${more} not listed here. Fix the listed ones and send the request again.`
  return [...listed, { path, message }]
}

/** Keys are the sender's: a megabyte-long one must not come back in every message. */
export const shorten = (text: string, max = 60): string =>
  text.length <= max ? text : `${text.slice(0, max)}…`.toWellFormed()

/** The path of a member (by name) or an element (by index) below `base`. */
export const childPath = (base: string, key: string | number): string => {
  if (typeof key === "number") return `${base}[${key}]`
  const name = shorten(key)
  if (!/^[A-Za-z_$][\w$-]*$/.test(key)) return `${base}[${JSON.stringify(name)}]`
  return base === "" ? name : `${base}.${name}`
}
