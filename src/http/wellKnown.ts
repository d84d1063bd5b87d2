import { loginUrlOf } from "../domain/Settings.ts"
import {
  aiCatalog,
  protectedResource,
  RESOURCE_METADATA_PATH,
  SERVER_CARD_PATH,
  serverCard,
  SKILL_PATH,
  skillsIndex,
} from "./discovery.ts"
import { digest, type DocumentContext, documentText, type Served, textRoute } from "./documents.ts"

interface WellKnown extends Served {
  readonly make: (origin: string, context: DocumentContext) => string | null | Promise<string | null>
}

const JSON_TYPE = "application/json; charset=utf-8"

/** As the MCP server card's specification advises: it is looked up by whoever comes by. */
const FOR_AN_HOUR = "public, max-age=3600"

const text = (value: object): string => `${JSON.stringify(value, null, 2)}\n`

const skillOf = (origin: string, context: DocumentContext) => documentText(context, "SKILL.md", origin)

const RESOURCE: WellKnown = {
  type: JSON_TYPE,
  make: (origin, { settings }) => text(protectedResource(origin, loginUrlOf(settings))),
}

const DOCUMENTS: Readonly<Record<string, WellKnown>> = {
  // Clients ask at both places, the longer one first.
  [RESOURCE_METADATA_PATH]: RESOURCE,
  "/.well-known/oauth-protected-resource": RESOURCE,
  [SERVER_CARD_PATH]: {
    type: "application/mcp-server-card+json",
    cacheControl: FOR_AN_HOUR,
    make: (origin, { settings }) => text(serverCard(origin, loginUrlOf(settings))),
  },
  "/.well-known/ai-catalog.json": {
    type: "application/ai-catalog+json",
    cacheControl: FOR_AN_HOUR,
    make: (origin) => text(aiCatalog(origin)),
  },
  // Neither this nor the skill is kept without asking: the digest must be that of the skill which is had next.
  "/.well-known/agent-skills/index.json": {
    type: JSON_TYPE,
    make: async (origin, context) => {
      const skill = await skillOf(origin, context)
      return skill === null
        ? null
        : text(skillsIndex(origin, skill, await digest(new TextEncoder().encode(skill))))
    },
  },
  [SKILL_PATH]: { type: "text/markdown; charset=utf-8", make: skillOf },
}

/** `/.well-known/*` and the MCP server card. */
export const isWellKnown = (pathname: string): boolean => Object.hasOwn(DOCUMENTS, pathname)

export const wellKnownRoute = (request: Request, context: DocumentContext): Promise<Response> => {
  const document = DOCUMENTS[new URL(request.url).pathname]!
  return textRoute(request, context, document, (origin) => document.make(origin, context))
}
