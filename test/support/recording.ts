/** The path of the control interface, which is the only one that is not recorded. */
export const CONTROL = "/_recording"

/** A request as it was on the wire. */
export interface RecordedRequest {
  readonly method: string
  /** Path and query byte for byte, as a parser of URLs would not leave them. */
  readonly target: string
  /** By lower-case name; those given twice are joined by commas. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly answered: number
}

/** What a path answers; bytes are given as Base64. */
export interface Answer {
  readonly status?: number
  readonly content_type?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly body_base64?: string
  /** A redirect's target, byte for byte; the status is then 302 unless one is given. */
  readonly location?: string
  /** 403 for who does not say what it is. */
  readonly needs_user_agent?: boolean
}

/** The other side of the product's calls, for inputs and webhooks alike: it answers as told and keeps what came. */
export interface RecordingServer {
  readonly url: string
  /** What the path (without query) answers from now on; without any, 200 and nothing. */
  answer(path: string, ...answers: ReadonlyArray<Answer>): Promise<void>
  /** What came under this path, oldest first. */
  requests(under?: string): Promise<ReadonlyArray<RecordedRequest>>
}

/** A server that records, from wherever it can be reached: tests inside workerd too. */
export const recordingAt = (url: string): RecordingServer => {
  const control = async (method: string, path: string, body?: unknown): Promise<Response> => {
    const response = await fetch(`${url}${CONTROL}?path=${encodeURIComponent(path)}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
    return response
  }
  return {
    url,
    answer: async (path, ...answers) => void (await (await control("PUT", path, answers)).text()),
    requests: async (under = "/") =>
      (await (await control("GET", under)).json()) as ReadonlyArray<RecordedRequest>,
  }
}
