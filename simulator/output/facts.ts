import type { Random } from "../core/random.ts"
import type { Subject } from "./subject.ts"
import { FAMILY, GIVEN, TOPICS } from "./words.ts"

/** A field to fill: its name and description say what it is about. */
export interface Field {
  readonly name: string
  readonly description: string
}

type Maker = (subject: Subject, random: Random) => string

const person: Maker = (_, random) => `${random.pick(GIVEN)} ${random.pick(FAMILY)}`
const date: Maker = (_, random) =>
  `${random.int(2022, 2026)}-${String(random.int(1, 9)).padStart(2, "0")}-${String(random.int(1, 28)).padStart(2, "0")}`
const money: Maker = (_, random) => `$${random.int(2, 900)} million`
const headline: Maker = (subject, random) => `${subject.name} announces ${random.pick(TOPICS)}`
const thousands = (n: number) => n.toLocaleString("en-US")
const sentence: Maker = (subject) =>
  `${subject.name} is a company in ${subject.industry.toLowerCase()}, based in ${subject.city}, known for ${subject.product}.`

/** First match wins: the specific before the general. Names are matched in lower case with underscores. */
const TEXT_FACTS: ReadonlyArray<readonly [RegExp, Maker]> = [
  [/e-?mail/, (s) => `contact@${s.website}`],
  [/phone|telephone/, (_, r) => `+1 555 0${r.int(100, 199)} ${r.int(1000, 9999)}`],
  [/linkedin/, (s) => `https://www.linkedin.com/company/${s.slug}`],
  [/twitter|x_handle/, (s) => `https://x.com/${s.slug}`],
  [/github/, (s) => `https://github.com/${s.slug}`],
  [/career|jobs_(page|url)/, (s) => `https://${s.website}/careers`],
  [/pricing_(page|url)/, (s) => `https://${s.website}/pricing`],
  [/logo/, (s) => `https://${s.website}/logo.svg`],
  [/website|url|homepage|link|domain/, (s) => `https://${s.website}`],
  [/ceo|chief_executive/, (s) => s.ceo],
  [/founder|cto|cfo|coo|person|executive|contact|author|owner|director|manager|leader/, person],
  [/year|founded|established/, (s) => String(s.founded)],
  [/date|when|updated|published/, date],
  [/headquarter|hq|location|address|based/, (s) => `${s.city}, ${s.country}`],
  [/city|town/, (s) => s.city],
  [/country|nation/, (s) => s.country],
  [/industr|sector|category|vertical|field_of/, (s) => s.industry],
  [/employee|headcount|staff|team_size/, (s) => thousands(s.employees)],
  [/funding|revenue|valuation|raised|market_cap|income/, money],
  [/price|cost|fee/, (_, r) => `$${r.int(9, 99)} per month`],
  [/currency/, () => "USD"],
  [/stage|round/, (_, r) => r.pick(["Seed", "Series A", "Series B", "Series C", "Public"])],
  [/product|service|offering/, (s) => `${s.product.charAt(0).toUpperCase()}${s.product.slice(1)}`],
  [
    /competitor|rival|alternative/,
    (_, r) => `${r.pick(FAMILY)} ${r.pick(["Systems", "Labs", "Group", "Works"])}`,
  ],
  [
    /customer|client|user/,
    (_, r) => `${r.pick(FAMILY)} ${r.pick(["Holdings", "Logistics", "Foods", "Bank"])}`,
  ],
  [
    /technolog|stack|tool|language/,
    (_, r) => r.pick(["TypeScript", "Rust", "PostgreSQL", "Kubernetes", "Python"]),
  ],
  [/news|headline|announcement|event/, headline],
  [/title|role|position/, (_, r) => r.pick(["Chief Executive Officer", "Head of Product", "VP Engineering"])],
  [/summary|description|overview|about|mission|analysis|explanation|note/, sentence],
  [/tag|keyword|topic|theme/, (_, r) => r.pick(TOPICS)],
  [/status/, (_, r) => r.pick(["Active", "Private", "Acquired"])],
  [/name/, (s) => s.name],
]

const NUMBER_FACTS: ReadonlyArray<readonly [RegExp, (subject: Subject, random: Random) => number]> = [
  [/year|founded|established/, (s) => s.founded],
  [/employee|headcount|staff|team_size/, (s) => s.employees],
  [/funding|revenue|valuation|raised|market_cap|income|usd/, (_, r) => r.int(2, 900) * 1_000_000],
  [/rating|stars/, (_, r) => Math.round(r.between(3, 5) * 10) / 10],
  [/percent|rate|share|growth|margin/, (_, r) => Math.round(r.between(1, 80) * 10) / 10],
  [/price|cost|fee/, (_, r) => r.int(9, 499)],
  [/score|rank/, (_, r) => r.int(1, 100)],
  [/latitude/, (_, r) => Math.round(r.between(-60, 70) * 1e4) / 1e4],
  [/longitude/, (_, r) => Math.round(r.between(-180, 180) * 1e4) / 1e4],
]

const normal = (text: string) =>
  text
    .replace(/([a-z])([A-Z])/g, "$1_$2")
    .replace(/[^A-Za-z0-9]+/g, "_")
    .toLowerCase()

/** The first fact the field's name speaks of, else one its description speaks of. */
const find = <T>(table: ReadonlyArray<readonly [RegExp, T]>, field: Field): T | undefined =>
  [normal(field.name), normal(field.description)]
    .map((text) => table.find(([pattern]) => pattern.test(text))?.[1])
    .find((fact) => fact !== undefined)

export const textFact = (field: Field, subject: Subject, random: Random): string => {
  const maker = find(TEXT_FACTS, field)
  if (maker !== undefined) return maker(subject, random)
  const what = normal(field.name).replaceAll("_", " ").trim()
  return `${what.charAt(0).toUpperCase()}${what.slice(1)} of ${subject.name}`.trim()
}

export const numberFact = (field: Field, subject: Subject, random: Random): number =>
  find(NUMBER_FACTS, field)?.(subject, random) ?? random.int(1, 1_000)
