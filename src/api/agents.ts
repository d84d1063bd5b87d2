import type * as Schema from "effect/Schema"
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import * as HttpApiSchema from "effect/http-api/HttpApiSchema"
import * as OpenApi from "effect/http-api/OpenApi"
import { PRODUCT } from "../domain/Product.ts"
import { about } from "./about.ts"
import { JsonRpc, SignedIn } from "./answers.ts"
import {
  callbackFailures,
  errorsOf,
  fileFailures,
  formFailures,
  Html,
  madeFailures,
  mcpFailures,
  mcpMethodFailures,
  signInFailures,
  type Failure,
} from "./failures.ts"
import type { AnswerHeader } from "./headers.ts"
import { ifNoneMatch, ParallelApiKey } from "./parameters.ts"
import { SignInRequest } from "./requests.ts"
import { textAs } from "./shown.ts"
import { anyObject } from "./values.ts"

/** What describes the product to people, programs and agents; its MCP server; its pages. */

const jsonAs = (contentType: string) => anyObject.pipe(HttpApiSchema.asJson({ contentType }))

const VERSIONED: ReadonlyArray<AnswerHeader> = ["ETag", "Cache-Control"]
const NotModified = HttpApiSchema.Empty(304)

/** A text that is made for the origin that it is served from. */
const document = <const Name extends string, const Path extends `/${string}`, S extends Schema.Top>(
  name: Name,
  path: Path,
  body: S,
  summary: string,
  failures: ReadonlyArray<Failure> = fileFailures,
) =>
  HttpApiEndpoint.get(name, path, {
    headers: ifNoneMatch,
    success: [body, NotModified],
    error: errorsOf(failures),
  }).annotateMerge(
    about({
      summary,
      answers: {
        200: { name: "Document", description: "The document.", headers: VERSIONED },
        304: {
          name: "SameDocument",
          description: "Nothing is newer than what you have.",
          headers: VERSIONED,
        },
      },
      failures,
    }),
  )

export const Documents = HttpApiGroup.make("Documents", { topLevel: true })
  .add(
    document("getOpenApi", "/openapi.json", anyObject, "This description"),
    document("getDocs", "/docs", Html, "The documentation, as a page"),
    document("getDocsMarkdown", "/docs.md", textAs("text/markdown"), "The documentation, as Markdown"),
    document("getLlmsTxt", "/llms.txt", textAs("text/plain"), "Where language models begin"),
    document(
      "getProtectedResourceOfMcp",
      "/.well-known/oauth-protected-resource/mcp",
      anyObject,
      "How clients of /mcp authenticate (RFC 9728)",
      madeFailures,
    ),
    document(
      "getProtectedResource",
      "/.well-known/oauth-protected-resource",
      anyObject,
      "The same, where clients ask too",
      madeFailures,
    ),
    document(
      "getMcpServerCard",
      "/mcp/server-card",
      jsonAs("application/mcp-server-card+json"),
      "How to connect to the MCP server",
      madeFailures,
    ),
    document(
      "getAiCatalog",
      "/.well-known/ai-catalog.json",
      jsonAs("application/ai-catalog+json"),
      "What there is here for agents",
      madeFailures,
    ),
    document("getAgentSkills", "/.well-known/agent-skills/index.json", anyObject, "The skills there are"),
    document(
      "getSkill",
      `/.well-known/agent-skills/${PRODUCT}/SKILL.md`,
      textAs("text/markdown"),
      "The skill that teaches the whole flow",
    ),
  )
  .annotate(OpenApi.Description, "What describes this API to people, programs and agents.")

const postMcp = HttpApiEndpoint.post("postMcp", "/mcp", {
  payload: JsonRpc,
  success: [JsonRpc, textAs("text/event-stream"), HttpApiSchema.Empty(202)],
  error: errorsOf(mcpFailures),
})
  .middleware(ParallelApiKey)
  .annotateMerge(
    about({
      summary: "The same as tools of an MCP server",
      description:
        "Model Context Protocol over Streamable HTTP, without sessions: revisions 2025-06-18 and newer. `Accept` names `application/json` and `text/event-stream`. Every message needs a key.",
      examples: {
        "tools-list": {
          summary: "Which tools are there?",
          value: { jsonrpc: "2.0", id: 1, method: "tools/list" },
        },
      },
      answers: {
        200: { description: "The answer to the message.", headers: ["Cache-Control", "X-Accel-Buffering?"] },
        202: {
          description: "A notification is taken; there is nothing to answer.",
          headers: ["Cache-Control"],
        },
      },
      failures: mcpFailures,
    }),
  )

const getMcp = HttpApiEndpoint.get("getMcp", "/mcp", { error: errorsOf(mcpMethodFailures) }).annotateMerge(
  about({ summary: "There is no stream to be listened to", answers: {}, failures: mcpMethodFailures }),
)

const deleteMcp = HttpApiEndpoint.delete("deleteMcp", "/mcp", {
  error: errorsOf(mcpMethodFailures),
}).annotateMerge(
  about({ summary: "There is no session to be ended", answers: {}, failures: mcpMethodFailures }),
)

export const Mcp = HttpApiGroup.make("MCP", { topLevel: true })
  .add(postMcp, getMcp, deleteMcp)
  .annotate(OpenApi.Description, "For agents that speak the Model Context Protocol.")

const page = <const Name extends string, const Path extends `/${string}`>(
  name: Name,
  path: Path,
  summary: string,
  headers: ReadonlyArray<AnswerHeader> = [],
) =>
  HttpApiEndpoint.get(name, path, { success: Html, error: errorsOf(formFailures) }).annotateMerge(
    about({
      summary,
      answers: { 200: { name: "Page", description: "The page.", headers: ["Cache-Control", ...headers] } },
      failures: formFailures,
    }),
  )

const getCallback = HttpApiEndpoint.get("getCallback", "/callback", {
  success: Html,
  error: errorsOf(callbackFailures),
}).annotateMerge(
  about({
    summary: "Where Parallel's login sends people back to",
    answers: {
      200: { name: "Page", description: "The page.", headers: ["Cache-Control"] },
    },
    failures: callbackFailures,
  }),
)

const postCallback = HttpApiEndpoint.post("postCallback", "/callback", {
  payload: SignInRequest,
  success: SignedIn,
  error: errorsOf(signInFailures),
}).annotateMerge(
  about({
    summary: "Exchange a login's code for the API key",
    description: "For this site's own page alone.",
    answers: {
      200: { description: "The key.", headers: ["Cache-Control"] },
    },
    failures: signInFailures,
  }),
)

export const Pages = HttpApiGroup.make("Pages", { topLevel: true })
  .add(
    page("getForm", "/", "A form for this API", ["Link"]),
    page("getFormStyles", "/form/tailwind", "A frame of the form"),
    getCallback,
    postCallback,
  )
  .annotate(OpenApi.Description, "For people with a browser.")
