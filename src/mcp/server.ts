import type * as McpSdk from "../mcpSdk.mjs"
import { PRODUCT, VERSION } from "../domain/Product.ts"
import { addInputs, retryFailed, stopTaskGroup } from "./actTools.ts"
import { INSTRUCTIONS } from "./instructions.ts"
import { getResultMarkdown, getStatus } from "./readTools.ts"
import { createTaskGroup, planTaskGroup } from "./taskTools.ts"
import type { Tool, ToolAnswer } from "./Tool.ts"

export const TOOLS: ReadonlyArray<Tool> = [
  planTaskGroup,
  createTaskGroup,
  getStatus,
  getResultMarkdown,
  addInputs,
  retryFailed,
  stopTaskGroup,
]

export const toolNamed = (name: unknown): Tool | undefined => TOOLS.find((tool) => tool.name === name)

/** What a tool answered, or why it did nothing. */
export type ToolResult = ToolAnswer | { readonly failed: string }

/** An answer to a message of a client, of either generation: nothing is kept between two. */
export interface McpExchange {
  /** The message's body as it was read, without a tool's arguments. */
  readonly message: unknown
  readonly websiteUrl: string
  readonly call: (tool: Tool) => Promise<ToolResult>
}

/** JSON-RPC's "Invalid params". */
const INVALID_PARAMS = -32_602
/** The list is the same for everybody until the next deploy. */
const LIST_TTL_MS = 300_000

/** What the SDK makes of a message: tools are listed, or one is called. */
export const answerMessage = (
  sdk: typeof McpSdk,
  request: Request,
  { message, websiteUrl, call }: McpExchange,
): Promise<Response> => {
  const makeServer = () => {
    const server = new sdk.Server(
      { name: PRODUCT, title: "Parallel Multitask", version: VERSION, websiteUrl },
      {
        capabilities: { tools: {} },
        instructions: INSTRUCTIONS,
        cacheHints: {
          "tools/list": { ttlMs: LIST_TTL_MS, cacheScope: "public" },
          "server/discover": { ttlMs: LIST_TTL_MS, cacheScope: "public" },
        },
      },
    )
    server.setRequestHandler("tools/list", () => ({ tools: TOOLS.map(described) }))
    server.setRequestHandler("tools/call", async ({ params }) => {
      const tool = toolNamed(params.name)
      if (tool === undefined)
        throw new sdk.ProtocolError(
          INVALID_PARAMS,
          `There is no tool ${JSON.stringify(params.name.slice(0, 60))}. There are ${TOOLS.map(({ name }) => name).join(", ")}.`,
        )
      const result = await call(tool)
      return "failed" in result
        ? { isError: true, content: [textOf(result.failed)] }
        : {
            content: [textOf(result.text), ...(result.next === undefined ? [] : [textOf(result.next)])],
            structuredContent: JSON.parse(result.structured) as Record<string, unknown>,
          }
    })
    return server
  }
  // Nothing changes that a client could subscribe to, so that no stream is kept open either.
  return sdk.createMcpHandler(makeServer).fetch(request, { parsedBody: message })
}

const textOf = (text: string) => ({ type: "text" as const, text })

const described = ({
  name,
  title,
  description,
  inputSchema,
  outputSchema,
  annotations,
}: Tool): McpSdk.Tool => {
  const told = { name, title, description, inputSchema, outputSchema, annotations: { title, ...annotations } }
  // The SDK's types of a schema are those of JSON that may be changed.
  return told as unknown as McpSdk.Tool
}
