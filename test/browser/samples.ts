import { FakeGroup } from "./fakeGroup.ts"

/** A group as people have them: companies, fields of every kind, sources and confidence, a failure, a warning. */

const companies = [
  ["Apple", "https://www.apple.com", "Tim Cook", 1976, "Cupertino, California", 164000],
  [
    "Stripe",
    "https://stripe.com",
    "Patrick Collison",
    2010,
    "South San Francisco, California and Dublin, Ireland",
    8500,
  ],
  ["Spotify", "https://www.spotify.com", "Daniel Ek", 2006, "Stockholm, Sweden", 7323],
  ["Anthropic", "https://www.anthropic.com", "Dario Amodei", 2021, "San Francisco, California", 1500],
  ["Cloudflare", "https://www.cloudflare.com", "Matthew Prince", 2009, "San Francisco, California", 4263],
  ["NVIDIA", "https://www.nvidia.com", "Jensen Huang", 1993, "Santa Clara, California", 36000],
  ["Patagonia", "https://www.patagonia.com", "Ryan Gellert", 1973, "Ventura, California", 3000],
  ["Lego", "https://www.lego.com", "Niels B. Christiansen", 1932, "Billund, Denmark", 31282],
] as const

export const companyInputs = companies.map(([company, website]) => ({ company, website }))

export function companyOutput(index: number) {
  const [company, website, ceo, founded, city, employees] = companies[
    index % companies.length
  ] as (typeof companies)[number]
  const confidence = ["high", "medium", "low"]
  const fields = {
    ceo_name: ceo,
    year_founded: founded,
    headquarters_city: city,
    number_of_employees: employees,
    products: ["Hardware", "Software", "Services"].slice(0, 1 + (index % 3)),
    summary: `${company} is a company led by ${ceo}. It was founded in ${founded} and has its headquarters in ${city}. Its website describes a broad range of products, and independent sources agree on the main figures, with small differences in the number of employees between annual reports and press articles.`,
    listed: index % 2 === 0,
    address: { street: `${index + 1} Main Street`, city },
  }
  const basis = Object.keys(fields).map((field, n) => ({
    field,
    reasoning: `The page of ${company} and two further sources name this value for ${field}. See ${website} for the source.`,
    citations: [
      {
        url: `${website}/about`,
        title: `About ${company}`,
        excerpts: [`${company} was founded in ${founded}.`, `${ceo} leads the company.`],
      },
      { url: "https://en.wikipedia.org/wiki/Main_Page", title: null, excerpts: [] },
    ],
    confidence: confidence[(index + n) % 7 === 0 ? 2 : (index + n) % 3 === 0 ? 1 : 0],
  }))
  return { content: fields, basis }
}

export function companyGroup(id = "tgrp_companies") {
  const group = new FakeGroup(id, companyInputs)
  group.schema = {
    type: "object",
    properties: {
      ceo_name: { type: "string", description: "Full name of the present chief executive" },
      year_founded: { type: "integer", description: "Year the company was founded" },
      headquarters_city: { type: "string" },
      number_of_employees: { type: "integer" },
      products: { type: "array", items: { type: "string" } },
      summary: { type: "string" },
      listed: { type: "boolean" },
      address: { type: "object", properties: { street: { type: "string" }, city: { type: "string" } } },
    },
  }
  return group
}

export function complete(group: FakeGroup, index: number) {
  return group.set(index, { status: "completed", ...companyOutput(index) })
}
