// @ts-check
/** @import { JsonObject } from "../../types.js" */

/**
 * Requests to start from; the first one fills the form.
 * @typedef {{
 *   name: string, inputs?: JsonObject[], inputsUrl?: string, outputType: "json" | "text", description: string,
 *   schema?: JsonObject, processor?: string
 * }} Example
 */

const companies = [
  ["Apple", "https://www.apple.com"],
  ["NVIDIA", "https://www.nvidia.com"],
  ["Stripe", "https://stripe.com"],
  ["Spotify", "https://www.spotify.com"],
  ["Cloudflare", "https://www.cloudflare.com"],
  ["LEGO", "https://www.lego.com"],
  ["Patagonia", "https://www.patagonia.com"],
  ["Nestlé", "https://www.nestle.com"],
].map(([company = "", website = ""]) => ({ company, website }))

/** @type {Example[]} */
export const examples = [
  {
    name: "Companies",
    inputs: companies,
    outputType: "json",
    description: "CEO name, year founded, headquarters city, number of employees",
  },
  {
    name: "Company briefs (text)",
    inputs: companies.slice(0, 4),
    outputType: "text",
    description:
      "A brief of about 150 words for a sales call: what the company sells, to whom, its latest news, and one good opening question.",
    processor: "core",
  },
  {
    name: "Products with a schema",
    inputs: [
      { product: "Sony WH-1000XM5", category: "headphones" },
      { product: "Kindle Paperwhite", category: "e-reader" },
      { product: "Dyson V15 Detect", category: "vacuum cleaner" },
    ],
    outputType: "json",
    description: "",
    schema: {
      type: "object",
      properties: {
        manufacturer: { type: "string", description: "Company that makes the product" },
        release_year: { type: "integer", description: "Year it was first sold" },
        list_price_usd: {
          type: ["number", "null"],
          description: "Manufacturer's list price in the US, in dollars",
        },
        availability: {
          type: "string",
          enum: ["in production", "discontinued", "unknown"],
          description: "Whether it is still made",
        },
        strengths: {
          type: "array",
          items: { type: "string" },
          description: "Two or three strengths that reviews agree on",
        },
      },
      required: ["manufacturer", "release_year", "list_price_usd", "availability", "strengths"],
      additionalProperties: false,
    },
    processor: "base",
  },
  {
    name: "Inputs from a URL",
    inputsUrl: "https://cdn.jsdelivr.net/npm/vega-datasets@2.9.0/data/us-state-capitals.json",
    outputType: "json",
    description: "Governor of the state, mayor of the city, population of the city",
    processor: "lite",
  },
]
