import type { Dice } from "../simulation/effects.ts"
import { spellWildly } from "../support/wildJson.ts"
import { compact, namesTwice } from "./oracles.ts"
import { API_KEY } from "./product.ts"
import { NASTY } from "./target.ts"

const wildDice = (dice: Dice): Array<number> => Array.from({ length: 24 }, () => dice.whole(0, 1_000))

const scalar = (dice: Dice): unknown =>
  dice.pick<() => unknown>([
    () => dice.pick(NASTY),
    () => dice.whole(-5, 5_000),
    () => dice.next() * 10 ** dice.whole(-300, 300),
    () => dice.pick([true, false, null, ""]),
    () => dice.pick(["Stripe", "Müller & Söhne", "日本", "O'Brien", "a\tb\nc", "x".repeat(300)]),
  ])()

const value = (dice: Dice, deep: number): unknown => {
  if (deep <= 0 || dice.chance(0.7)) return scalar(dice)
  const size = dice.whole(0, 4)
  if (dice.chance(0.5)) return Array.from({ length: size }, () => value(dice, deep - 1))
  return Object.fromEntries(
    Array.from({ length: size }, () => [String(scalar(dice)).slice(0, 50), value(dice, deep - 1)]),
  )
}

const names = [
  "domain",
  "Company",
  "$id",
  "$status",
  "content",
  "",
  "2023",
  "__proto__",
  "a.b",
  "é",
  "run_id",
  "input",
]

const row = (dice: Dice): Record<string, unknown> => {
  const result: Record<string, unknown> = Object.create(null) as Record<string, unknown>
  result["company"] = `Company ${dice.whole(0, 99)}`
  for (let left = dice.whole(0, 4); left > 0; left--) result[dice.pick(names)] = value(dice, 3)
  return result
}

const schema = {
  type: "object",
  properties: { ceo: { type: "string" }, employees: { type: ["integer", "null"] } },
  required: ["ceo", "employees"],
  additionalProperties: false,
}

const outputs = (dice: Dice): Record<string, unknown> =>
  dice.pick<Record<string, unknown>>([
    { output_type: "text" },
    { output_type: "text", output_description: "Who leads it?" },
    { output_type: "json", output_schema: schema },
    { output_type: "json", output_schema: JSON.stringify(schema) },
    { output_type: "json", output_schema: { name: "x", schema } },
    { output_type: "json", output_description: "CEO and number of employees" },
    { output_type: "json" },
    { output_type: "xml" },
  ])

/** Fields that a body may have besides, right and wrong. */
const extras: Readonly<Record<string, ReadonlyArray<unknown>>> = {
  webhook_url: [
    "https://hooks.test/x",
    "http://127.0.0.1/",
    "https://[::1]/",
    "https://u:p@x/",
    "ftp://x",
    "https://x test/",
    "",
  ],
  processor: ["core", "base", "ultra", "lite", "🦄", "", 1],
  limit: [1, 0, -1, 1.5, "1", 1e9],
  max_cost_usd: [0, 0.001, 1_000, -1, "1"],
  dry_run: [true, false, "true"],
  skip_empty: [true, false],
  title: ["A title", "<b>&", "x".repeat(3_000), 1],
  metadata: [{ a: "b" }, { title: "x" }, { a: 1 }, "x", []],
  source_policy: [{ include_domains: ["example.com"] }, { include_domains: "x" }],
  enable_events: [true, "x"],
  mcp_servers: [[{ type: "url", name: "x", url: "https://x.test" }], {}],
  webhook_secret: ["whsec_MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0", "x"],
  api_key: [API_KEY],
  Limit: [1],
}

/** A body, and whether nothing is wrong with it. */
export const drawBody = (dice: Dice): { text: string; isRight: boolean } => {
  const rows = Array.from({ length: dice.whole(0, 4) }, () => row(dice))
  const fields: Record<string, unknown> = { processor: "core", ...outputs(dice) }
  let isRight =
    rows.length > 0 &&
    fields["output_type"] !== "xml" &&
    Object.keys(fields).length + Number(fields["output_type"] === "text") > 2
  for (let left = dice.whole(0, 5) - 3; left > 0; left--) {
    isRight = false
    const name = dice.pick(Object.keys(extras))
    fields[name] = dice.pick(extras[name]!)
  }
  const spelled = rows.map((one) => {
    try {
      return dice.chance(0.5)
        ? spellWildly(JSON.parse(JSON.stringify(one)), wildDice(dice))
        : JSON.stringify(one)
    } catch {
      return "{}"
    }
  })
  const blank = dice.pick(["", " ", "\n", "\r\n\t "])
  const list = `[${spelled.join(`,${blank}`)}]`
  const inputs = dice.chance(0.1) ? JSON.stringify(list) : list
  const members = [
    `"inputs":${blank}${inputs}`,
    ...Object.entries(fields).map(([name, one]) => `${JSON.stringify(name)}:${blank}${JSON.stringify(one)}`),
  ]
  const text = `${blank}{${members.join(",")}}${blank}`
  // A name twice, and half of a character, are refused.
  return {
    text,
    isRight:
      isRight &&
      text.length < 20_000 &&
      !/\\ud[89a-f]/i.test(text) &&
      !spelled.some((one) => namesTwice(compact(one))),
  }
}
