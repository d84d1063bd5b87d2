import { DurableObject } from "cloudflare:workers"

/**
 * The floor: an object that does nothing but store texts, stream them as one JSON array, and send the same bytes to
 * whoever listens. It has no formats, no consistency and no errors.
 */

interface BareEnv {
  readonly BARE: DurableObjectNamespace
}

const encoder = new TextEncoder()
const PAGE_ROWS = 64

export class BareObject extends DurableObject<BareEnv> {
  readonly #listeners = new Set<ReadableStreamDefaultController<Uint8Array>>()

  override async fetch(request: Request): Promise<Response> {
    const url = new URL(request.url)
    const number = (name: string) => Number(url.searchParams.get(name))
    switch (url.pathname) {
      case "/fill":
        return this.#fill(number("rows"), number("bytes"))
      case "/stream":
        return this.#stream()
      case "/listen":
        return this.#listen()
      case "/publish":
        return this.#publish(number("count"), number("bytes"), number("every_ms"))
      default:
        return new Response(null, { status: 204 })
    }
  }

  #fill(rows: number, bytes: number): Response {
    const { sql } = this.ctx.storage
    sql.exec("DROP TABLE IF EXISTS items")
    sql.exec("CREATE TABLE items (id INTEGER PRIMARY KEY, body TEXT NOT NULL)")
    const body = JSON.stringify("x".repeat(Math.max(1, Math.round(bytes / rows) - 3)))
    this.ctx.storage.transactionSync(() => {
      for (let id = 1; id <= rows; id++) sql.exec("INSERT INTO items (id, body) VALUES (?, ?)", id, body)
    })
    return new Response(null, { status: 204 })
  }

  #stream(): Response {
    const { sql } = this.ctx.storage
    let last = 0
    let begun = false
    const body = new ReadableStream({
      type: "bytes",
      pull: (controller) => {
        const texts: Array<string> = []
        const cursor = sql.exec(
          `SELECT id, body FROM items WHERE id > ? ORDER BY id LIMIT ${PAGE_ROWS}`,
          last,
        )
        for (const [id, text] of cursor.raw<[number, string]>()) {
          last = id
          texts.push(text)
        }
        if (texts.length === 0) {
          controller.enqueue(encoder.encode(begun ? "]" : "[]"))
          controller.close()
          return
        }
        controller.enqueue(encoder.encode((begun ? "," : "[") + texts.join(",")))
        begun = true
      },
    })
    return new Response(body, { headers: { "content-type": "application/json" } })
  }

  #listen(): Response {
    let mine: ReadableStreamDefaultController<Uint8Array> | null = null
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        mine = controller
        this.#listeners.add(controller)
        controller.enqueue(encoder.encode(": listening\n\n"))
      },
      cancel: () => {
        if (mine !== null) this.#listeners.delete(mine)
      },
    })
    return new Response(body, { headers: { "content-type": "text/event-stream" } })
  }

  async #publish(count: number, bytes: number, everyMs: number): Promise<Response> {
    const filler = "x".repeat(Math.max(1, bytes))
    for (let n = 0; n < count; n++) {
      const event = encoder.encode(`id: ${n}\ndata: ${Date.now()} ${filler}\n\n`)
      for (const listener of this.#listeners) listener.enqueue(event)
      await new Promise((done) => setTimeout(done, everyMs))
    }
    for (const listener of this.#listeners) listener.close()
    this.#listeners.clear()
    return new Response(null, { status: 204 })
  }
}

export default {
  fetch(request, env) {
    const url = new URL(request.url)
    if (url.pathname === "/") return new Response(null, { status: 204 })
    const [, name, route] = url.pathname.split("/")
    const target = new URL(`/${route ?? ""}${url.search}`, "http://object")
    return env.BARE.get(env.BARE.idFromName(name ?? "")).fetch(new Request(target, request))
  },
} satisfies ExportedHandler<BareEnv>
