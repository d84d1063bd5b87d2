import { readFileSync } from "node:fs"
import { docsHtml } from "./docsHtml.ts"
import { docsMarkdown, FOR_MODELS, FOR_PEOPLE } from "./docsMarkdown.ts"
import type { OpenApi } from "./description.ts"

const OPENAPI = "src/pages/assets/agents/openapi.json"
const GUIDE = "scripts/documents/guide.md"

/** What `/docs` and `/docs.md` are made of: the API's description, and a guide for all that is not one request. */
export const readSources = () => ({
  document: JSON.parse(readFileSync(OPENAPI, "utf8")) as OpenApi,
  guide: readFileSync(GUIDE, "utf8"),
})

/** `/docs` and `/docs.md`, as templates whose origin is filled in. */
export const makeDocsHtml = (): string => {
  const { document, guide } = readSources()
  return docsHtml(docsMarkdown(document, guide, FOR_PEOPLE))
}

export const makeDocsMarkdown = (): string => {
  const { document, guide } = readSources()
  return docsMarkdown(document, guide, FOR_MODELS)
}
