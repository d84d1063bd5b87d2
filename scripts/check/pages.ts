import { existsSync, readFileSync } from "node:fs"
import { CLIENT_TYPES, makeClientTypes } from "../documents/clientTypes.ts"
import { makeDocsHtml, makeDocsMarkdown } from "../documents/docs.ts"
import { makeOpenApi } from "../documents/openapi.ts"
import type { Outcome } from "./run.ts"

/** A file that is committed, so that it is served without a build, and made of other files. */
interface Generated {
  readonly file: string
  readonly make: () => string | Promise<string>
}

const AGENTS = "src/pages/assets/agents"

/** What `npm run pages` writes, in this order: some are made of others. */
export const GENERATED: ReadonlyArray<Generated> = [
  { file: CLIENT_TYPES, make: makeClientTypes },
  { file: `${AGENTS}/openapi.json`, make: makeOpenApi },
  { file: `${AGENTS}/docs.html`, make: makeDocsHtml },
  { file: `${AGENTS}/docs.md`, make: makeDocsMarkdown },
]

/** Whether the committed files are what their sources make today. */
export const checkPages = async (): Promise<Outcome> => {
  const stale: Array<string> = []
  for (const { file, make } of GENERATED)
    if (!existsSync(file) || (await make()) !== readFileSync(file, "utf8")) stale.push(file)
  return {
    ok: stale.length === 0,
    output: `${stale.join(", ")}: not what the sources make; run \`npm run pages\` and commit it`,
  }
}
