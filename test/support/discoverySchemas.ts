/**
 * What the formats of src/http/discovery.ts and server.json ask for, as JSON Schema and as far as we use them: fields that
 * we do not write are refused here, though a format may have them. docs/agents.md names versions, dates and sources.
 */

const text = (maxLength = 10_000, more: object = {}) => ({ type: "string", minLength: 1, maxLength, ...more })
const uri = { type: "string", format: "uri" }

const object = (
  required: Readonly<Record<string, object>>,
  optional: Readonly<Record<string, object>> = {},
) => ({
  type: "object",
  properties: { ...required, ...optional },
  required: Object.keys(required),
  additionalProperties: false,
})

const mapOf = (values: object) => ({ type: "object", additionalProperties: values })

const input = {
  description: text(),
  isRequired: { type: "boolean" },
  isSecret: { type: "boolean" },
  placeholder: text(),
  value: text(),
}
const header = object({ name: text() }, { ...input, variables: mapOf(object({}, input)) })

/** What MCP's two formats have in common. */
const server = {
  /** Reverse DNS, one slash, a name. */
  name: text(200, { pattern: "^[a-zA-Z0-9.-]+/[a-zA-Z0-9._-]+$" }),
  description: text(100),
  /** No range. */
  version: text(255, { pattern: "^\\d+\\.\\d+\\.\\d+(-[\\w.]+)?$" }),
  title: text(100),
}

/** MCP server card, v1. */
export const serverCardSchema = object(
  {
    $schema: { const: "https://static.modelcontextprotocol.io/schemas/v1/server-card.schema.json" },
    ...server,
  },
  {
    websiteUrl: uri,
    remotes: {
      type: "array",
      items: object(
        {
          type: { enum: ["streamable-http", "sse"] },
          url: text(10_000, { pattern: "^https?://[^\\s{}]+$" }),
        },
        {
          headers: { type: "array", items: header },
          supportedProtocolVersions: { type: "array", items: { pattern: "^\\d{4}-\\d\\d-\\d\\d$" } },
        },
      ),
    },
  },
)

/** The registry's server.json, 2025-12-11. */
export const serverJsonSchema = object(
  {
    $schema: { const: "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json" },
    ...server,
  },
  {
    remotes: {
      type: "array",
      items: object(
        { type: { enum: ["streamable-http", "sse"] }, url: text(10_000, { pattern: "^https?://\\S+$" }) },
        { headers: { type: "array", items: header }, variables: mapOf(object({}, input)) },
      ),
    },
  },
)

/** AI Catalog 0.9, level 2: with a host. */
export const aiCatalogSchema = object({
  specVersion: { const: "0.9" },
  host: object({ displayName: text() }, { identifier: text(), documentationUrl: uri }),
  entries: {
    type: "array",
    items: object({
      identifier: text(10_000, { pattern: "^urn:air:[a-zA-Z0-9.-]+(:[a-zA-Z0-9._-]+)+$" }),
      type: { enum: ["application/mcp-server-card+json", "application/agent-skills+md"] },
      url: uri,
    }),
  },
})

/** Agent Skills Discovery 0.2.0. */
export const skillsIndexSchema = object({
  $schema: { const: "https://schemas.agentskills.io/discovery/0.2.0/schema.json" },
  skills: {
    type: "array",
    minItems: 1,
    items: object({
      name: text(64, { pattern: "^[a-z0-9]+(-[a-z0-9]+)*$" }),
      type: { enum: ["skill-md", "archive"] },
      description: text(1024),
      url: uri,
      digest: { type: "string", pattern: "^sha256:[0-9a-f]{64}$" },
    }),
  },
})

/** Protected resource metadata, RFC 9728. */
export const protectedResourceSchema = object(
  {
    resource: text(10_000, { pattern: "^https?://[^/]+/mcp$" }),
    bearer_methods_supported: { const: ["header"] },
    resource_name: text(),
    resource_documentation: uri,
  },
  {
    // Issuer identifiers: compared character by character with what the issuer says of itself.
    authorization_servers: { type: "array", minItems: 1, items: { pattern: "^https?://[^/]+$" } },
    scopes_supported: { const: ["key:read"] },
  },
)
