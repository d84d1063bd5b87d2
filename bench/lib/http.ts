import { Agent, type IncomingMessage, request } from "node:http"

/** What one request cost, as the client sees it; times in milliseconds. */
export interface Timed {
  readonly status: number
  readonly firstByteMs: number
  readonly totalMs: number
  readonly bytes: number
  readonly etag: string | undefined
}

export const agent = new Agent({ keepAlive: true, maxSockets: 1_000 })

export const open = (
  url: string,
  options: {
    readonly method?: string
    readonly headers?: Record<string, string>
    readonly body?: string | Buffer
  } = {},
): Promise<IncomingMessage> =>
  new Promise((done, fail) => {
    const asking = request(
      url,
      { agent, method: options.method ?? "GET", headers: options.headers ?? {} },
      done,
    )
    asking.on("error", fail)
    asking.end(options.body)
  })

/** Asks and reads to the end without keeping anything. */
export const timed = async (url: string, options: Parameters<typeof open>[1] = {}): Promise<Timed> => {
  const started = performance.now()
  const response = await open(url, options)
  if ((response.statusCode ?? 500) >= 400) throw new Error(`${url} answered ${response.statusCode}`)
  let firstByteMs: number | null = null
  let bytes = 0
  await new Promise<void>((done, fail) => {
    response.on("data", (chunk: Buffer) => {
      firstByteMs ??= performance.now() - started
      bytes += chunk.length
    })
    response.on("end", done)
    response.on("error", fail)
  })
  const totalMs = performance.now() - started
  const etag = response.headers.etag
  return { status: response.statusCode ?? 0, firstByteMs: firstByteMs ?? totalMs, totalMs, bytes, etag }
}

export const text = async (url: string, options: Parameters<typeof open>[1] = {}) => {
  const response = await open(url, options)
  const parts: Array<Buffer> = []
  for await (const part of response) parts.push(part as Buffer)
  return { status: response.statusCode ?? 0, text: Buffer.concat(parts).toString() }
}
