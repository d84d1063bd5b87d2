import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { basename, join, relative } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { expect } from "vitest"
import type { Product } from "./product.ts"

/** Looks for secrets in everything a run leaves behind and tells. */

/** The key-value storage, which no SQL of a user reaches: where a secret may be, as long as it is needed. */
export const KEY_VALUE_TABLE = "_cf_KV"

/** A secret as it may be written: as text, in UTF-16, in base64 at either of its three offsets, in a URL, in hex. */
const spellings = (secret: string): ReadonlyArray<Buffer> => {
  const base64 = [0, 1, 2].map((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), Buffer.from(secret)]).toString("base64")
    // Only what does not depend on the bytes before and behind.
    return text.slice(offset === 0 ? 0 : 4, -4)
  })
  const texts = [secret, encodeURIComponent(secret), Buffer.from(secret).toString("hex"), ...base64]
  return [
    ...texts.map((text) => Buffer.from(text)),
    ...base64.map((text) => Buffer.from(text.replaceAll("+", "-").replaceAll("/", "_"))),
    Buffer.from(secret, "utf16le"),
  ]
}

export type Search = (where: string, content: string | Uint8Array) => ReadonlyArray<string>

/** A search for these secrets: `where`, if the content has one of them in any spelling. */
export const searchFor = (secrets: ReadonlyArray<string>): Search => {
  const wanted = secrets.flatMap(spellings)
  return (where, content) => {
    const bytes = Buffer.from(content as Uint8Array)
    return wanted.some((spelling) => bytes.includes(spelling)) ? [where] : []
  }
}

const filesBelow = (folder: string): ReadonlyArray<string> =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))

const isDatabase = (path: string) => /\.sqlite(?:-wal|-shm)?$/.test(path)

/** Every file below a folder, byte by byte; databases by their tables, see `searchDatabases`. */
export const searchFiles = (folder: string, search: Search): ReadonlyArray<string> =>
  filesBelow(folder)
    .filter((path) => !isDatabase(path))
    .flatMap((path) => search(relative(folder, path), readFileSync(path)))

/** What the stand-in has stored. */
const LEDGER = join("simulator", "ledger.jsonl")

/** The same of all that a run leaves behind. What is passed on with every run is Parallel's to keep, and nothing else. */
export const searchRun = (
  root: string,
  { mcpToken }: Product,
  secrets: ReadonlyArray<string>,
): ReadonlyArray<string> => [
  ...searchFiles(root, searchFor(secrets)).filter((where) => where !== LEDGER),
  ...searchFiles(root, searchFor(secrets.filter((secret) => secret !== mcpToken))).filter(
    (where) => where === LEDGER,
  ),
]

/** A copy with its journal: the original belongs to workerd. */
const openCopy = <A>(path: string, use: (database: DatabaseSync) => A): A => {
  const folder = mkdtempSync(join(tmpdir(), "multitask-e2e-copy-"))
  try {
    for (const suffix of ["", "-wal"]) {
      if (existsSync(path + suffix)) cpSync(path + suffix, join(folder, basename(path) + suffix))
    }
    const database = new DatabaseSync(join(folder, basename(path)))
    try {
      return use(database)
    } finally {
      database.close()
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The bytes of the databases once their journals are folded in: what lies in freed pages, too. */
export const searchDatabaseBytes = (folder: string, search: Search): ReadonlyArray<string> =>
  filesBelow(folder)
    .filter((path) => path.endsWith(".sqlite"))
    .flatMap((path) =>
      openCopy(path, (database) => {
        database.exec("PRAGMA wal_checkpoint(TRUNCATE)")
        return search(relative(folder, path), readFileSync(String(database.location())))
      }),
    )

export interface Table {
  /** The group's object, or the platform's own database. */
  readonly file: string
  readonly name: string
  readonly rows: ReadonlyArray<ReadonlyArray<unknown>>
}

/** Every table of every database below a folder, whole. */
export const tablesBelow = (folder: string): ReadonlyArray<Table> =>
  filesBelow(folder)
    .filter((path) => path.endsWith(".sqlite"))
    .flatMap((path) =>
      openCopy(path, (database) => {
        const names = database.prepare("SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')").all()
        return ["sqlite_schema", ...names.map((row) => String(row["name"]))].map((name) => {
          const statement = database.prepare(`SELECT * FROM "${name}"`)
          statement.setReturnArrays(true)
          statement.setReadBigInts(true)
          return { file: relative(folder, path), name, rows: statement.all() as unknown as Table["rows"] }
        })
      }),
    )

/** The tables, as `file table`, in which a secret is. */
export const searchTables = (tables: ReadonlyArray<Table>, search: Search): ReadonlyArray<string> =>
  tables.filter(({ rows }) => rows.some((row) => row.some((value) => found(search, value)))).map(titleOf)

const found = (search: Search, value: unknown) =>
  search("", value instanceof Uint8Array ? value : String(value)).length > 0

const isKeyValue = ({ name }: Table) => name === KEY_VALUE_TABLE

const titleOf = ({ file, name }: Table) => `${basename(file)} ${name}`

/** What one can be told about a group, in every format and by every table, by name. The stream ends with the group. */
export const everythingTold = async (
  product: Product,
  group: string,
  extensions = ["", ".json", ".md", ".html", ".sse", ".db"],
): Promise<ReadonlyArray<readonly [string, string]>> => {
  const formats = await Promise.all(
    extensions.map(async (extension) => {
      const { text, headers } = await product.get(group + extension)
      expect(text).not.toBe("")
      return [`${group}${extension}`, JSON.stringify([...headers]) + text] as const
    }),
  )
  const schema = await product.sql(group, "SELECT name FROM sqlite_schema WHERE type = 'table'")
  const names = (schema.result.rows as ReadonlyArray<{ name: string }>).map(({ name }) => name)
  expect(names).toEqual(expect.arrayContaining(["details", "runs", KEY_VALUE_TABLE]))
  const tables = await Promise.all(
    ["sqlite_schema", ...names].map(async (name) => {
      const answer = await product.sql(group, `SELECT * FROM "${name}" LIMIT 500`)
      // The platform's own tables are closed to every statement.
      if (name.startsWith("_cf_")) expect(answer).toEqual({ error: expect.stringContaining("SQLITE_AUTH") })
      else expect(answer.result.rows.length).toBeGreaterThan(0)
      return [`${group}.db ${name}`, JSON.stringify(answer)] as const
    }),
  )
  return [...formats, ...tables]
}

/** Every place where a secret is, in what a run left behind and in all that it tells; its groups have ended. */
export const placesOf = async (
  product: Product,
  secrets: ReadonlyArray<string>,
): Promise<ReadonlyArray<string>> => {
  const search = searchFor(secrets)
  const { root, state } = product.servers
  const tables = tablesBelow(state)
  // It has looked where it was told to look.
  const filled = tables.filter(({ name, rows }) => name === "runs" && rows.length > 0)
  expect(filled.length).toBeGreaterThanOrEqual(product.groups.length)
  expect(product.answers.length).toBeGreaterThan(0)
  const told = await Promise.all(product.groups.map((group) => everythingTold(product, group)))
  const [closed, open] = [tables.filter(isKeyValue), tables.filter((table) => !isKeyValue(table))]
  return [
    ...searchTables(closed, searchFor(secrets.filter((secret) => !product.lastingSecrets.includes(secret)))),
    ...searchTables(open, search),
    ...searchRun(root, product, secrets),
    ...product.answers.flatMap((answer, index) => search(`answer ${index}`, answer)),
    ...told.flat().flatMap(([where, text]) => search(where, text)),
  ]
}

export const expectNoSecrets = async (product: Product, more: ReadonlyArray<string> = []): Promise<void> =>
  expect(await placesOf(product, [...product.secrets, ...more])).toEqual([])
