import { createRandom } from "../core/random.ts"
import type { Json, JsonObject } from "../core/wire.ts"
import { findCompany, type Company } from "./companies.ts"
import { FAMILY, GIVEN, PLACES, TRADES } from "./words.ts"

/** What a run is about: a company-like thing, taken from the input's values or made up to fit them. */
export interface Subject extends Company {
  /** Words for a web address. */
  readonly slug: string
  readonly known: boolean
  /** The input's values by their column. */
  readonly input: Readonly<Record<string, Json>>
}

const NAME_COLUMNS =
  /^(company|company_name|organi[sz]ation|business|name|brand|product|product_name|person|title|startup|customer|account|subject|topic|query|question)$/i
const WEBSITE_COLUMNS = /website|url|domain|homepage/i

const hostOf = (text: string) =>
  text
    .replace(/^https?:\/\//, "")
    .replace(/^www\./, "")
    .split(/[/?#]/)[0] ?? text

/** What becomes part of addresses, which take no half characters. */
const shorten = (text: string) =>
  (text.length > 80 ? `${text.slice(0, 77).trimEnd()}...` : text).toWellFormed()

const nameOf = (input: Readonly<Record<string, Json>>): string => {
  const texts = Object.entries(input).filter(
    (entry): entry is [string, string] => typeof entry[1] === "string",
  )
  const named =
    texts.find(([key]) => NAME_COLUMNS.test(key)) ?? texts.find(([key]) => /name/i.test(key)) ?? texts[0]
  if (named === undefined) return "the subject"
  return shorten(WEBSITE_COLUMNS.test(named[0]) ? hostOf(named[1]) : named[1].trim()) || "the subject"
}

const slugOf = (name: string): string => {
  const plain = name
    .normalize("NFKD")
    .replace(/[\u0300-\u036f]/g, "")
    .toLowerCase()
  const slug = plain
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "")
    .slice(0, 40)
  return slug === "" ? "subject" : slug
}

const columnsOf = (input: string | JsonObject): Record<string, Json> =>
  typeof input === "string" ? { input } : input

const invented = (name: string, input: Readonly<Record<string, Json>>): Company => {
  // By name alone, so that the same company gets the same facts in every run.
  const random = createRandom("subject", name.toLowerCase())
  const [city, country] = random.pick(PLACES)
  const [, industry, product] = TRADES.find(([pattern]) => pattern.test(name)) ?? random.pick(TRADES)
  const website = Object.entries(input).find(
    ([key, value]) => WEBSITE_COLUMNS.test(key) && typeof value === "string",
  )
  return {
    name,
    website: website === undefined ? `${slugOf(name)}.example` : hostOf(String(website[1])),
    city,
    country,
    founded: random.int(1962, 2022),
    industry,
    ceo: `${random.pick(GIVEN)} ${random.pick(FAMILY)}`,
    employees: Math.round(10 ** random.between(1.2, 3.9)),
    product,
  }
}

export const subjectOf = (input: string | JsonObject): Subject => {
  const columns = columnsOf(input)
  const name = nameOf(columns)
  const values = Object.values(columns).filter((value) => typeof value === "string")
  const known = findCompany(name) ?? values.map(findCompany).find((company) => company !== undefined)
  const company = known ?? invented(name, columns)
  return { ...company, slug: slugOf(company.name), known: known !== undefined, input: columns }
}
