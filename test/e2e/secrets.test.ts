import { appendFileSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { expect, it } from "vitest"
import { companies, Product } from "./product.ts"
import {
  everythingTold,
  expectNoSecrets,
  KEY_VALUE_TABLE,
  placesOf,
  searchDatabaseBytes,
  searchFiles,
  searchFor,
  searchRun,
  searchTables,
  tablesBelow,
} from "./secrets.ts"
import { QUICK, servers } from "./servers.ts"
import { until } from "./until.ts"
import { Viewer } from "./viewer.ts"

/**
 * Where the API key, the webhook's address and secret, what an MCP server is given and the inputs' address are while a group is worked on, and that they are
 * nowhere afterwards. The other files of these tests end with the same search over what they did.
 */
const pair = servers({
  ...QUICK,
  constants: { ...QUICK.constants, SUBMIT_WAIT_SECONDS: 1 },
  scenario: { runs: { duration_ms: [600_000, 600_000] } },
})
const product = new Product(pair)

it("finds what is planted, in every spelling", () => {
  const secret = "pmt-e2e-planted/secret+1"
  const search = searchFor([secret])
  const folder = join(pair.root, "planted")
  writeFileSync(`${folder}.plain`, `{"key":"${secret}"}`)
  writeFileSync(`${folder}.url`, `?key=${encodeURIComponent(secret)}&`)
  writeFileSync(`${folder}.hex`, Buffer.from(`key ${secret}`).toString("hex"))
  for (const before of ["", "x", "xy"]) {
    writeFileSync(
      `${folder}.base64-${before.length}`,
      Buffer.from(`${before}${secret}, and more`).toString("base64"),
    )
  }
  writeFileSync(`${folder}.utf16`, Buffer.from(`key ${secret}`, "utf16le"))
  writeFileSync(`${folder}.other`, "pmt-e2e-planted/secret+2")
  const names = ["base64-0", "base64-1", "base64-2", "hex", "plain", "url", "utf16"]
  expect(searchFiles(pair.root, search).toSorted()).toEqual(names.map((name) => `planted.${name}`))
  // A table that is only in the journal yet, as a killed process leaves it.
  const database = new DatabaseSync(join(pair.state, "planted.sqlite"))
  database.exec(
    "PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; CREATE TABLE a (b); CREATE TABLE c (d)",
  )
  database.prepare("INSERT INTO c VALUES (?)").run(Buffer.from(`\u0002${secret}`))
  expect(searchTables(tablesBelow(pair.state), search)).toEqual(["planted.sqlite c"])
  database.close()
})

it("keeps the secrets of a running group in its key-value storage alone, and the key not after the end", async () => {
  await pair.control.serveInputs("secret", { rows: companies(20) })
  const group = await product.submit({
    inputs: product.inputsUrl("secret"),
    output_type: "text",
    processor: "lite",
    webhook_url: product.webhookUrl("secret"),
    webhook_secret: product.webhookSecret,
    mcp_servers: [
      {
        url: `https://mcp.example/${product.mcpToken}`,
        name: "tools",
        headers: { Authorization: `Bearer ${product.mcpToken}` },
      },
    ],
  })
  await until("it runs", 10_000, async () => (await pair.control.ledgerWithoutOutputs(group)).num_runs === 20)
  const search = searchFor(product.secrets)
  const running = await everythingTold(product, group, ["", ".json", ".md", ".html", ".db"])
  expect(running.flatMap(([where, text]) => search(where, text))).toEqual([])
  const viewer = new Viewer(`${pair.url}/${group}.sse`)
  await until("a viewer has seen every row", 10_000, () => viewer.states.size === 20)
  expect(search("sse", JSON.stringify(viewer.events))).toEqual([])
  viewer.close()

  // A killed process changes nothing any more, and leaves everything as it was at that moment.
  await pair.killWorker()
  const tables = tablesBelow(pair.state)
  const kept = searchTables(tables, searchFor([product.key]))
  expect(kept).toEqual([expect.stringMatching(new RegExp(` ${KEY_VALUE_TABLE}$`))])
  for (const secret of product.lastingSecrets) expect(searchTables(tables, searchFor([secret]))).toEqual(kept)
  expect(searchTables(tables, searchFor([product.inputsToken]))).toEqual([])
  expect(searchRun(pair.root, product, product.secrets)).toEqual([])

  await pair.startWorker()
  await pair.control.finish(group)
  await product.ended(group, 30_000)
  await until("the webhook is accepted", 10_000, async () => (await pair.control.webhooks()).length > 0)
  await until(
    "the key is forgotten",
    10_000,
    () => searchTables(tablesBelow(pair.state), searchFor([product.key])).length === 0,
  )
  await expectNoSecrets(product)
  // The address of the inputs was never written at all: not even in freed pages is it.
  expect(searchDatabaseBytes(pair.state, searchFor([product.inputsToken]))).toEqual([])

  // The proof that this would have told: the key in a log, the webhook's address in an answer.
  const log = join(pair.logs, "worker-2.log")
  const before = readFileSync(log)
  appendFileSync(log, `authorization: Bearer ${product.key}\n`)
  product.answers.push(`{"webhook_url":"${product.webhookUrl("secret")}"}`)
  const planted = await placesOf(product, product.secrets)
  expect(planted).toEqual(["logs/worker-2.log", `answer ${product.answers.length - 1}`])
  writeFileSync(log, before)
  product.answers.pop()
  await expectNoSecrets(product)
})
