import { inside, send } from "./product.ts"

export interface Answer {
  readonly error?: string
  readonly result?: {
    readonly rows: ReadonlyArray<Record<string, unknown>>
    readonly headers: ReadonlyArray<{ readonly name: string; readonly displayName: string }>
  }
}

export const postStudio = (id: string, body: unknown) =>
  send(`/${id}.db`, { method: "POST", body: typeof body === "string" ? body : JSON.stringify(body) })

/** One statement through the studio, as its page sends it. */
export const query = async (id: string, statement: string): Promise<Answer> => {
  const response = await postStudio(id, { type: "query", id: "1", statement })
  if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`)
  return response.json()
}

export const rowsOf = async (id: string, statement: string) => {
  const { error, result } = await query(id, statement)
  if (result === undefined) throw new Error(`${statement}: ${error}`)
  return result.rows
}

/**
 * Everything a statement could have changed: schema, rows, key-value pairs, alarm, and what PRAGMAs do to the
 * connection, told by their effect.
 */
export const fingerprint = (id: string) =>
  inside(id, async ({ storage }) => {
    const all = (statement: string) => [...storage.sql.exec(statement).raw()]
    const probe = (statement: string) => {
      try {
        return all(statement)
      } catch (error) {
        return String(error)
      }
    }
    return JSON.stringify({
      schema: all("SELECT type, name, sql FROM sqlite_schema ORDER BY name"),
      details: all("SELECT * FROM details"),
      runs: all("SELECT rowid, * FROM runs ORDER BY rowid"),
      keys: [...storage.kv.list()],
      alarm: await storage.getAlarm(),
      like: all("SELECT 'A' LIKE 'a'"),
      keysOn: probe("PRAGMA foreign_keys"),
      deferred: probe("PRAGMA defer_foreign_keys"),
      triggers: probe("PRAGMA recursive_triggers"),
      checks: probe("PRAGMA ignore_check_constraints"),
      // A CHECK that does not hold must still be refused.
      check: (() => {
        try {
          storage.transactionSync(() => {
            storage.sql.exec(
              "INSERT INTO runs (id, input_index, attempt, change, updated_at, status, input) VALUES (5, 9, 9, 0, 0, '', '')",
            )
            throw new Error("accepted")
          })
        } catch (error) {
          return String(error)
        }
      })(),
    })
  })
