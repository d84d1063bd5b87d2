import { type Constants, CONSTANTS } from "../../src/domain/Constants.ts"
import product, { TaskGroupDO as Product } from "../../src/worker.ts"

export { IdempotencyDO } from "../../src/worker.ts"

/** What is billed as a request: those to the Worker, and to objects, alarms included. */
const requests = { worker: 0, object: 0 }

/** The product as it is deployed, with two routes beside it that the benchmarks need: `/_bench/…`. */

/** What counts as a row written on Cloudflare's bill: rows and index entries, key-value entries, alarms. */
interface Written {
  rows: number
  rowsRead: number
  keys: number
  alarms: number
}

const counting = (storage: DurableObjectStorage): Written => {
  const written: Written = { rows: 0, rowsRead: 0, keys: 0, alarms: 0 }
  const { sql, kv } = storage
  const exec = sql.exec.bind(sql)
  const put = kv.put.bind(kv)
  const remove = kv.delete.bind(kv)
  const setAlarm = storage.setAlarm.bind(storage)
  Object.defineProperty(storage, "sql", {
    value: {
      exec: (...args: Parameters<typeof exec>) => {
        const cursor = exec(...args)
        written.rows += cursor.rowsWritten
        const raw = cursor.raw.bind(cursor)
        // How many rows a statement reads is known when its answer has been read.
        Object.defineProperty(cursor, "raw", {
          value: function* () {
            try {
              yield* raw()
            } finally {
              written.rowsRead += cursor.rowsRead
            }
          },
        })
        return cursor
      },
    },
  })
  Object.defineProperty(storage, "kv", {
    value: {
      get: kv.get.bind(kv),
      list: kv.list.bind(kv),
      put: (...args: Parameters<typeof put>) => {
        written.keys++
        put(...args)
      },
      delete: (...args: Parameters<typeof remove>) => {
        written.keys++
        return remove(...args)
      },
    },
  })
  Object.defineProperty(storage, "setAlarm", {
    value: (...args: Parameters<typeof setAlarm>) => {
      written.alarms++
      return setAlarm(...args)
    },
  })
  return written
}

export class TaskGroupDO extends Product {
  private readonly written: Written | null
  private readonly databaseSize: () => number

  constructor(ctx: DurableObjectState, env: Env) {
    const { sql } = ctx.storage
    const databaseSize = () => sql.databaseSize
    // Counting costs time, so that it happens only where nothing is timed.
    const written = "BENCH_COUNT" in env ? counting(ctx.storage) : null
    super(ctx, env)
    this.written = written
    this.databaseSize = databaseSize
  }

  /** SQL is asked more often than its share of time allows. */
  protected override constants(): Constants {
    return { ...CONSTANTS, STUDIO_WORK_SAVED_MS: 1_000_000_000 }
  }

  override async fetch(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url)
    if (pathname === "/_bench/empty") return new Response(null, { status: 204 })
    if (pathname === "/_bench/state") {
      // Past the product's own reads: it notices when somebody looks, and does more for those who do. Nothing that grows
      // with the group is read, since this is asked all the time.
      const rows = this.ctx.storage.sql.exec<{ state: string; status_message: string }>(
        "SELECT state, status_message FROM details",
      )
      return Response.json({
        details: rows.one(),
        written: this.written,
        requests,
        bytes: this.databaseSize(),
      })
    }
    return super.fetch(request)
  }
}

/** What the Worker asks an object, and what the platform does. */
const CALLS = [
  "begin",
  "addInputs",
  "commit",
  "receive",
  "exists",
  "standing",
  "act",
  "progress",
  "fetch",
  "alarm",
] as const

for (const name of CALLS) {
  const call = TaskGroupDO.prototype[name] as (...args: Array<unknown>) => unknown
  Object.defineProperty(TaskGroupDO.prototype, name, {
    value(this: TaskGroupDO, ...args: Array<unknown>) {
      const [first] = args
      if (!(first instanceof Request && first.url.includes("/_bench/"))) requests.object++
      return call.apply(this, args)
    },
  })
}

export default {
  async fetch(request, env, ctx) {
    const [, route, id] = /^\/_bench\/(empty|state)\/([\w-]+)$/.exec(new URL(request.url).pathname) ?? []
    if (route === undefined || id === undefined) {
      requests.worker++
      return product.fetch(request, env, ctx)
    }
    return env.TASK_GROUP.get(env.TASK_GROUP.idFromName(id)).fetch(`http://object/_bench/${route}`)
  },
} satisfies ExportedHandler<Env>
