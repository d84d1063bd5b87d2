import type { Dice } from "../simulation/effects.ts"
import { spellWildly } from "../support/wildJson.ts"
import {
  commonViolations,
  compact,
  formatViolations,
  refusedViolations,
  sentRows,
  unsentViolations,
} from "./oracles.ts"
import { ORIGIN, Product } from "./product.ts"
import { mutated, NASTY, type Target } from "./target.ts"

type Kind = "json" | "jsonl" | "csv" | "tsv"

const TYPES: Readonly<Record<Kind, ReadonlyArray<string>>> = {
  json: ["application/json", "text/plain", "", "application/octet-stream"],
  jsonl: ["application/jsonl", "application/x-ndjson", "text/plain", ""],
  csv: ["text/csv", "text/csv; header=present", "text/plain", ""],
  tsv: ["text/tab-separated-values", "text/tab-separated-values; charset=utf-8"],
}
const CHARSETS = [
  "",
  "",
  "",
  "utf-8",
  "utf-16le",
  "utf-16be",
  "utf-16",
  "iso-8859-1",
  "windows-1252",
  "shift_jis",
  "x-unknown",
  "utf-7",
]
const CELLS = [
  "Stripe",
  "Müller & Söhne",
  "a,b",
  'say "so"',
  "two\nlines",
  "tab\tbed",
  "=1+1",
  "'quoted",
  "日本 🦄",
  "",
  " blank ",
  "1.10",
  "0123",
  "null",
  "true",
]
const HEADERS = ["company", "domain", "note", "Company name", "é"]

const cell = (dice: Dice, text: string, delimiter: string): string =>
  /["\r\n]/.test(text) || text.includes(delimiter) || text.trim() !== text || dice.chance(0.2)
    ? `"${text.replaceAll('"', '""')}"`
    : text

/** A table, and the rows that stand in it. */
const table = (dice: Dice, delimiter: string): { text: string; rows: Array<string> } => {
  const names = HEADERS.slice(0, dice.whole(2, HEADERS.length))
  const end = dice.pick(["\n", "\r\n"])
  const rows = Array.from({ length: dice.whole(1, 5) }, (_, at) =>
    Object.fromEntries(
      names.map((name, column) => [name, column === 0 ? `Company ${at}` : dice.pick(CELLS)]),
    ),
  )
  const lines = [names, ...rows.map((one) => Object.values(one))].map((cells) =>
    cells.map((text) => cell(dice, text, delimiter)).join(delimiter),
  )
  return { text: lines.join(end) + dice.pick(["", end]), rows: rows.map((one) => JSON.stringify(one)) }
}

const listed = (dice: Dice, kind: "json" | "jsonl"): { text: string; rows: Array<string> } => {
  const spelled = Array.from({ length: dice.whole(2, 5) }, (_, at) => {
    const row = {
      company: `Company ${at}`,
      note: dice.pick(CELLS),
      list: [dice.whole(0, 9), { deep: dice.pick(CELLS) }],
    }
    const wild = spellWildly(row, [dice.whole(0, 99), dice.whole(0, 99), dice.whole(0, 99)]).replace(
      /[\r\n]/g,
      " ",
    )
    // A name twice in one object is refused.
    return dice.chance(0.5) || wild.includes('"twice"') ? JSON.stringify(row) : wild
  })
  const rows = spelled.map(compact)
  return {
    text: kind === "jsonl" ? spelled.join(dice.pick(["\n", "\r\n", "\n\n"])) : `[${spelled.join(",\n")}]`,
    rows,
  }
}

const encoded = (text: string, charset: string): Uint8Array<ArrayBuffer> => {
  const utf16 = Buffer.from(charset === "utf-16" ? `\ufeff${text}` : text, "utf16le")
  if (charset === "utf-16le" || charset === "utf-16") return Uint8Array.from(utf16)
  if (charset === "utf-16be") return Uint8Array.from(utf16.swap16())
  return charset === "iso-8859-1" || charset === "windows-1252"
    ? Uint8Array.from(Buffer.from(text, "latin1"))
    : new TextEncoder().encode(text)
}

/** What an address of the caller's may answer. */
export const inputs: Target = {
  name: "inputs",
  open: async () => {
    let answered = () => new Response(null, { status: 404 })
    const product = new Product("inputs", { elsewhere: () => answered() })
    return {
      draw: (dice) => {
        const kind = dice.pick<Kind>(["json", "jsonl", "csv", "tsv"])
        const { text, rows } =
          kind === "csv" ? table(dice, ",") : kind === "tsv" ? table(dice, "\t") : listed(dice, kind)
        const isWhole = dice.chance(0.5)
        const charset = dice.pick(CHARSETS)
        return {
          text: isWhole ? text : mutated(dice, text, [...NASTY, text]),
          rows: isWhole ? rows : null,
          type: dice.chance(0.1)
            ? dice.pick(["text/html", "image/png", "application/zip", "x"])
            : dice.pick(TYPES[kind]),
          charset,
          bom: dice.chance(0.2),
          status: dice.chance(0.9) ? 200 : dice.pick([204, 206, 302, 401, 404, 429, 500, 503]),
          location: dice.pick([
            "https://inputs.test/other",
            "http://127.0.0.1/",
            "/x",
            "//evil.test",
            "javascript:x",
            "",
          ]),
          follow: dice.chance(0.2),
        }
      },
      send: async ({ text, rows: whole, isCut, type, charset, bom, status, location, follow }) => {
        const rows = isCut === true ? null : whole
        const declared =
          charset === "" || String(type).includes("charset")
            ? String(type)
            : `${String(type)}; charset=${String(charset)}`
        const sent = String(type).includes("charset") ? "" : String(charset)
        let asked = 0
        answered = () => {
          const isEmpty = status === 204
          const head = {
            ...(declared !== "" && { "content-type": declared }),
            ...(status === 302 && location !== "" && { location: String(location) }),
          }
          const first = asked++ === 0 || status !== 302
          return new Response(isEmpty ? null : encoded((bom === true ? "\ufeff" : "") + text, sent), {
            status: first ? Number(status) : 200,
            headers: head,
          })
        }
        const body = JSON.stringify({
          inputs: "https://inputs.test/rows?signature=s3cret",
          processor: "core",
          output_type: "text",
          output_description: "CEO",
        })
        try {
          const answer = await product.post(body)
          const violations = commonViolations(answer)
          if (answer.status === 500) violations.push(...product.logs.slice(-3))
          if (answer.text.includes("s3cret") || product.stored().includes("s3cret"))
            violations.push("the address is told or stored")
          // A redirect may lead to where nothing may be asked.
          if (product.calls.some(({ url }) => url.hostname === "127.0.0.1"))
            violations.push("a private address was asked")
          if (answer.status !== 200) {
            violations.push(...refusedViolations(product, answer))
            // The key is tried by creating the group, if at all; nothing else goes to Parallel.
            violations.push(
              ...unsentViolations(
                product.calls.filter(
                  ({ url, method }) =>
                    url.hostname === "parallel.test" &&
                    !(method === "POST" && url.pathname === "/v1/tasks/groups"),
                ),
                answer,
              ),
            )
            const plain =
              ["", "utf-8", "utf-16le", "utf-16be", "utf-16"].includes(sent) && status === 200 && bom !== true
            if (rows !== null && plain && !/html|image|zip|^x$/.test(String(type)))
              violations.push(`refused: ${answer.text.slice(0, 300)}`)
          } else {
            const got = sentRows(product.calls)
            const isLegacy = /8859|1252|jis|unknown|utf-7/.test(sent)
            if (rows !== null && !isLegacy && JSON.stringify(got) !== JSON.stringify(rows))
              violations.push(
                `rows changed: ${JSON.stringify(rows).slice(0, 300)} became ${JSON.stringify(got).slice(0, 300)}`,
              )
            for (const row of got) JSON.parse(row)
            if (follow === true) {
              if (await product.untilEnded(3))
                violations.push(
                  ...(await formatViolations(product, answer.text.slice(ORIGIN.length + 1), got.length)),
                )
              else violations.push("the group does not end")
            }
          }
          return { label: String(answer.status), violations }
        } finally {
          product.forget()
        }
      },
      close: () => product.close(),
    }
  },
}
