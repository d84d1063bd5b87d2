import { type Endpoint, examplesOf, type OpenApi, type Parameter } from "./description.ts"
import { jsonText, pythonText } from "./literal.ts"

/**
 * A request as code that runs as it is: the key from PARALLEL_API_KEY, a group's id from TASKGROUP_ID. Values are the
 * document's first examples.
 */
export interface Snippets {
  readonly sh: string
  readonly ts: string
  readonly python: string
}

export const LANGUAGES: Readonly<Record<keyof Snippets, string>> = {
  sh: "curl",
  ts: "TypeScript",
  python: "Python",
}

interface Call {
  readonly method: string
  /** The address behind the origin; `null` stands for the group's id. */
  readonly address: ReadonlyArray<string | null>
  readonly takesKey: boolean
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>
  readonly body: unknown
  /** How the answer is read. */
  readonly answer: "json" | "text" | "events"
}

const GROUP = "taskgroup_id"
const JSON_TYPE = "application/json"
const EVENTS = "text/event-stream"

/** The body to begin with: one that does something. */
const bodyOf = ({ body }: Endpoint): unknown => {
  const values = (body?.examples ?? []).map(({ value }) => value)
  return values.find((value) => (value as { dry_run?: unknown } | null)?.dry_run !== true) ?? values[0]
}

/** Null where a body is needed that nobody can write down beforehand. */
export const snippetsOf = (document: OpenApi, endpoint: Endpoint, isShort = false): Snippets | null => {
  if (endpoint.body?.required === true && endpoint.body.examples.length === 0) return null
  const call = callOf(document, endpoint)
  return { sh: curl(call, isShort), ts: typescript(call), python: python(call) }
}

const callOf = (document: OpenApi, endpoint: Endpoint): Call => {
  const { method, path, parameters, body, answers } = endpoint
  const exampleOf = (parameter: Parameter) => String(examplesOf(document, parameter)[0]?.value ?? "")
  const valueOf = (name: string) => {
    const parameter = parameters.find((one) => one.in === "path" && one.name === name)
    return encodeURIComponent(parameter === undefined ? name : exampleOf(parameter))
  }
  const address = path
    .split(/\{([^}]+)\}/)
    .map((part, at) => (at % 2 === 0 ? part : part === GROUP ? null : valueOf(part)))
  const query = parameters.filter((one) => one.in === "query" && one.required === true)
  const needed = parameters.filter((one) => one.in === "header" && one.required === true)
  const types = (answers.find(({ status }) => status.startsWith("2"))?.contents ?? []).map(
    (one) => one.mediaType,
  )
  // JSON where there is a choice. Where there is only a stream beside it, as MCP has it, a client must take both.
  const isEither = types.length > 1 && types.every((type) => type === JSON_TYPE || type === EVENTS)
  const accepted = isEither ? types : [JSON_TYPE]
  const isJson = types.includes(JSON_TYPE)
  const search = query.map((one) => `${one.name}=${encodeURIComponent(exampleOf(one))}`).join("&")
  const example = bodyOf(endpoint)
  return {
    method,
    address: search === "" ? address : [...address, `?${search}`],
    takesKey: endpoint.takesKey,
    headers: [
      ...(example === undefined ? [] : [["content-type", body?.mediaType ?? ""] as const]),
      ...(isJson && types.length > 1 ? [["accept", accepted.join(", ")] as const] : []),
      ...needed
        .filter((one) => !/^(?:x-api-key|authorization)$/i.test(one.name))
        .map((one) => [one.name.toLowerCase(), exampleOf(one)] as const),
    ].filter(([name], at, all) => all.findIndex(([other]) => other === name) === at),
    body: example,
    answer: isJson && !isEither ? "json" : types.includes(EVENTS) ? "events" : "text",
  }
}

const curl = ({ method, address, takesKey, headers, body, answer }: Call, isShort: boolean): string => {
  const text = isShort ? JSON.stringify(body) : jsonText(body)
  const url = address.map((part) => part ?? "$TASKGROUP_ID").join("")
  const options = [
    ...(method === "GET" || (method === "POST" && body !== undefined) ? [] : [`-X ${method}`]),
    ...(takesKey ? [`-H "x-api-key: $PARALLEL_API_KEY"`] : []),
    ...headers.map(([name, value]) => `-H "${name}: ${value}"`),
    ...(body === undefined ? [] : [`-d '${text.replaceAll("'", "'\\''")}'`]),
  ]
  return [`curl -sS${answer === "events" ? "N" : ""} "{{origin}}${url}"`, ...options].join(
    isShort ? " " : " \\\n  ",
  )
}

/** Elements one below the other, in brackets; none without any. */
const indented = (lines: ReadonlyArray<string>, by: string): string =>
  lines
    .flatMap((line) => line.split("\n"))
    .map((line) => `${by}${line}`)
    .join("\n")

const typescript = ({ method, address, takesKey, headers, body, answer }: Call): string => {
  const isOfGroup = address.includes(null)
  const url = address.map((part) => part ?? "${process.env.TASKGROUP_ID}").join("")
  const quote = isOfGroup ? "`" : '"'
  const all = [
    ...(takesKey ? [`"x-api-key": process.env.PARALLEL_API_KEY ?? "",`] : []),
    ...headers.map(([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)},`),
  ]
  const options = [
    ...(method === "GET" ? [] : [`method: "${method}",`]),
    ...(all.length === 0 ? [] : [`headers: {\n${indented(all, "  ")}\n},`]),
    ...(body === undefined ? [] : [`body: JSON.stringify(${jsonText(body)}),`]),
  ]
  const init = options.length === 0 ? "" : `, {\n${indented(options, "  ")}\n}`
  return `const response = await fetch(${quote}{{origin}}${url}${quote}${init})
if (!response.ok) throw new Error(await response.text())
${TYPESCRIPT_ANSWERS[answer]}`
}

const TYPESCRIPT_ANSWERS: Readonly<Record<Call["answer"], string>> = {
  json: "const answer = await response.json()\nconsole.log(JSON.stringify(answer, null, 2))",
  text: "console.log(await response.text())",
  events: `const decoder = new TextDecoder()
for await (const part of response.body ?? [])
  process.stdout.write(decoder.decode(part, { stream: true }))`,
}

const python = ({ method, address, takesKey, headers, body, answer }: Call): string => {
  const isOfGroup = address.includes(null)
  const url = address.map((part) => part ?? "{os.environ['TASKGROUP_ID']}").join("")
  const all = [
    ...(takesKey ? [`"x-api-key": os.environ["PARALLEL_API_KEY"],`] : []),
    ...headers.map(([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)},`),
  ]
  const options = [
    `${isOfGroup ? "f" : ""}"{{origin}}${url}",`,
    ...(method === "GET" ? [] : [`method="${method}",`]),
    ...(all.length === 0 ? [] : [`headers={\n${indented(all, "    ")}\n},`]),
    ...(body === undefined ? [] : [`data=json.dumps(${pythonText(body)}).encode(),`]),
  ]
  const modules = [
    ...(body !== undefined || answer === "json" ? ["json"] : []),
    ...(takesKey || isOfGroup ? ["os"] : []),
    "urllib.request",
  ]
  return `import ${modules.join(", ")}

request = urllib.request.Request(
${indented(options, "    ")}
)
with urllib.request.urlopen(request) as response:
${PYTHON_ANSWERS[answer]}`
}

const PYTHON_ANSWERS: Readonly<Record<Call["answer"], string>> = {
  json: "    answer = json.load(response)\nprint(json.dumps(answer, indent=2))",
  text: "    print(response.read().decode())",
  events: `    for line in response:\n        print(line.decode(), end="")`,
}
