import type { Random } from "../core/random.ts"
import type { JsonObject } from "../core/wire.ts"
import type { Subject } from "./subject.ts"
import { TOPICS } from "./words.ts"

/** A short report in Markdown with citations in the text. */
export const reportOf = (subject: Subject, description: string, random: Random): string => {
  const about = `[1](https://${subject.website}/about)`
  const wiki = `[2](https://en.wikipedia.org/wiki/${encodeURIComponent(subject.name.replaceAll(" ", "_"))})`
  const given = Object.entries(subject.input)
    .filter(([, value]) => typeof value === "string" || typeof value === "number")
    .map(([key, value]) => `- **${key}**: ${String(value).slice(0, 200)}`)
  const task = description === "" ? [] : [`> ${description.replaceAll("\n", " ").slice(0, 240)}`, ""]
  return [
    `# ${subject.name}`,
    "",
    ...task,
    `${subject.name} works in ${subject.industry.toLowerCase()} and is known for ${subject.product} ${about}. ` +
      `It was founded in ${subject.founded} and is based in ${subject.city}, ${subject.country} ${wiki}.`,
    "",
    "## Key facts",
    "",
    `- **Chief executive**: ${subject.ceo} ${about}`,
    `- **Employees**: about ${subject.employees.toLocaleString("en-US")} ${wiki}`,
    `- **Recent focus**: ${random.pick(TOPICS)}, ${random.pick(TOPICS)}`,
    "",
    "## Given",
    "",
    ...given,
    "",
  ].join("\n")
}

const text = (description: string): JsonObject => ({ type: "string", description })

/** The schema the service chooses when it is left to it. */
export const AUTO_SCHEMA: JsonObject = {
  type: "object",
  properties: {
    title: text("Title of the report"),
    executive_summary: text("Summary of the findings"),
    key_findings: { type: "array", items: text("One finding, as a headline"), description: "Main findings" },
    company_profile: {
      type: "object",
      properties: {
        headquarters: text("City and country"),
        founded_year: text("Year of founding, YYYY"),
        industry: text("Industry"),
        website: text("Official website"),
      },
      required: ["headquarters", "founded_year", "industry", "website"],
      additionalProperties: false,
    },
    recent_news: { type: "array", items: text("News headline"), description: "Recent announcements" },
  },
  required: ["title", "executive_summary", "key_findings", "company_profile", "recent_news"],
  additionalProperties: false,
}
