import { PRODUCT, VERSION } from "../domain/Product.ts"

/** What machines read before they connect. Each text is made for the origin that it is served from. */

/** Where the metadata of `/mcp` is (RFC 9728), which a 401 names. */
export const RESOURCE_METADATA_PATH = "/.well-known/oauth-protected-resource/mcp"
export const SERVER_CARD_PATH = "/mcp/server-card"
export const SKILL_PATH = `/.well-known/agent-skills/${PRODUCT}/SKILL.md`

const NAME = "Parallel Multitask"

/** The revisions of MCP that `/mcp` speaks, newest first. */
export const MCP_VERSIONS: ReadonlyArray<string> = ["2026-07-28", "2025-11-25", "2025-06-18"]

/** As these formats let a domain be written: IP addresses in brackets and underscores are none. */
const domainOf = (origin: string): string => new URL(origin).hostname.replaceAll(/[^a-zA-Z0-9.-]/g, "-")

/** Metadata of the resource `/mcp` (RFC 9728). `login` is where people sign in, null where that is not offered. */
export const protectedResource = (origin: string, login: string | null): object => ({
  resource: `${origin}/mcp`,
  ...(login === null
    ? {}
    : { authorization_servers: [new URL(login).origin], scopes_supported: ["key:read"] }),
  bearer_methods_supported: ["header"],
  resource_name: NAME,
  resource_documentation: `${origin}/docs`,
})

/** How a client connects to `/mcp` (MCP server card). Without a sign-in it must be given a key. */
export const serverCard = (origin: string, login: string | null): object => ({
  $schema: "https://static.modelcontextprotocol.io/schemas/v1/server-card.schema.json",
  name: `${domainOf(origin).split(".").toReversed().join(".")}/${PRODUCT}`,
  title: NAME,
  description: "Enriches every row of a list with web research by Parallel: plan, run, watch, read, retry.",
  version: VERSION,
  websiteUrl: `${origin}/docs`,
  remotes: [
    {
      type: "streamable-http",
      url: `${origin}/mcp`,
      supportedProtocolVersions: MCP_VERSIONS,
      headers: [
        {
          name: "Authorization",
          description:
            login === null
              ? "A Parallel API key, as a Bearer token."
              : "A Parallel API key, as a Bearer token; clients with OAuth get one by signing in.",
          value: "Bearer {api_key}",
          variables: {
            api_key: { description: "Parallel API key", isRequired: true, isSecret: true },
          },
          isRequired: login === null,
          isSecret: true,
        },
      ],
    },
  ],
})

/** What there is for agents at this origin (AI Catalog). Names and descriptions stand in what it leads to. */
export const aiCatalog = (origin: string): object => {
  const identifier = (kind: string) => `urn:air:${domainOf(origin)}:${kind}:${PRODUCT}`
  return {
    specVersion: "0.9",
    host: { displayName: NAME, documentationUrl: `${origin}/docs` },
    entries: [
      {
        identifier: identifier("mcp"),
        type: "application/mcp-server-card+json",
        url: `${origin}${SERVER_CARD_PATH}`,
      },
      {
        identifier: identifier("skill"),
        type: "application/agent-skills+md",
        url: `${origin}${SKILL_PATH}`,
      },
    ],
  }
}

/** The index of skills (Agent Skills Discovery 0.2.0); `digest` is that of the very bytes served. */
export const skillsIndex = (origin: string, skill: string, digest: string): object => ({
  $schema: "https://schemas.agentskills.io/discovery/0.2.0/schema.json",
  skills: [
    {
      name: PRODUCT,
      type: "skill-md",
      description: /^description: (.+)$/m.exec(skill)?.[1],
      url: `${origin}${SKILL_PATH}`,
      digest: `sha256:${digest}`,
    },
  ],
})
