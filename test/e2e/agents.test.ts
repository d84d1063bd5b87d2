import { readFileSync } from "node:fs"
import { expect, it } from "vitest"
import { servers } from "./servers.ts"

/**
 * The conversations of docs/agents.md, as calls to the server that `npm start` starts: the page shows what the tools
 * answer. `vitest -u` writes it anew, to be read before it is committed.
 */

const PAGE = "docs/agents.md"

/** Companies by their place in the list: what is found out about them, and the third fails once. */
const found = ["2010", "2006", "2005", "2009", "2013", "2015", "2012", "2014"]
const pair = servers({
  seed: PAGE,
  scenario: {
    runs: {
      queue_ms: [100, 300],
      duration_ms: [300, 900],
      scale_by_processor: false,
      failure_rate: 0,
      overrides: [
        ...found.map((founded, at) => ({
          input_index: at,
          output_text: JSON.stringify({ founding_year: founded, chief_executive: `Chief ${at + 1}` }),
        })),
        { input_index: 2, attempt: 1, outcome: "failed", error_message: "No sources were found." },
      ],
    },
  },
})

/** A call by tool (and key, where it is not the usual one), and what is shown of its answer. */
const CALL = /^```json (\w+(?: \S+)?)\n([^`]*?)\n```\n\n```text\n[^`]*```$/gm

it("answers as docs/agents.md shows", async () => {
  const page = readFileSync(PAGE, "utf8")
  /** Of the group that was created last. */
  let group = ""
  let made = page
  const calls = [...page.matchAll(CALL)]
  // Each block of JSON is one: what is not read as a call would be compared with nothing.
  expect(calls).toHaveLength(page.match(/^```json/gm)!.length)
  for (const [whole, info = "", call = ""] of calls) {
    const [tool = "", key = "demo-key"] = info.split(" ")
    const args: unknown = JSON.parse(call.replaceAll("tgrp_…", group))
    let answer = await ask(key === "none" ? null : key, tool, args)
    // As a model does that was told to.
    for (let again = 0; again < 10 && answer.includes('"is_active":true'); again++)
      answer = await ask(key, tool, args)
    group = /"taskgroup_id":"(\w+)"/.exec(answer)?.[1] ?? group
    made = made.replace(whole, `\`\`\`json ${info}\n${call}\n\`\`\`\n\n\`\`\`text\n${shown(answer)}\n\`\`\``)
  }
  expect(made).not.toContain('demo-key"')
  await expect(made).toMatchFileSnapshot(`../../${PAGE}`)
})

/** What a client shows its model: the texts of the answer, each in a paragraph of its own. */
const ask = async (key: string | null, name: string, args: unknown): Promise<string> => {
  const response = await fetch(`${pair.url}/mcp`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      ...(key === null ? {} : { "x-api-key": key }),
    },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name, arguments: args } }),
    signal: AbortSignal.timeout(60_000),
  })
  const text = await response.text()
  if (!response.ok)
    return `HTTP ${response.status}\nWWW-Authenticate: ${response.headers.get("www-authenticate") ?? ""}\n\n${(JSON.parse(text) as { error: { message: string } }).error.message}`
  const { result } = JSON.parse(/^data: (.*)$/m.exec(text)?.[1] ?? text) as {
    result: { content: ReadonlyArray<{ text: string }>; isError?: boolean }
  }
  const said = result.content.map((one) => one.text).join("\n\n")
  return result.isError === true ? `(an error)\n${said}` : said
}

/** Without what differs each time. */
const shown = (answer: string): string =>
  answer
    .replaceAll(pair.url, "https://multitask.example")
    .replaceAll(/\btgrp_\w+/g, "tgrp_…")
    .replaceAll(/\btrun_\w+/g, "trun_…")
    .replaceAll("`", "'")
    .trimEnd()
