import {
  Client as NewClient,
  StreamableHTTPClientTransport as NewTransport,
} from "@modelcontextprotocol/client"
import { Client as OldClient } from "@modelcontextprotocol/sdk/client/index.js"
import { StreamableHTTPClientTransport as OldTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js"

/** The SDK's clients of both generations, as programs use them. */

export interface ToolResult {
  readonly content: ReadonlyArray<{ readonly type: string; readonly text: string }>
  readonly structuredContent?: any
  readonly isError?: boolean
}

export interface McpClient {
  readonly revision: () => string | undefined
  readonly instructions: () => string | undefined
  readonly list: () => Promise<ReadonlyArray<{ readonly name: string; readonly description?: string }>>
  readonly call: (name: string, args: object, signal?: AbortSignal) => Promise<ToolResult>
  readonly close: () => Promise<void>
}

export interface ConnectOptions {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly fetch?: typeof globalThis.fetch
}

const INFO = { name: "multitask-tests", version: "1.0.0" }
const CALL_MS = 40_000

const transportOf = ({ url, headers, fetch }: ConnectOptions) =>
  [new URL(`${url}/mcp`), { requestInit: { headers: { ...headers } }, ...(fetch && { fetch }) }] as const

/** `@modelcontextprotocol/sdk`, of which there are most. */
const connectOld = async (options: ConnectOptions): Promise<McpClient> => {
  const client = new OldClient(INFO)
  const transport = new OldTransport(...transportOf(options))
  // The SDK's own types differ in what may be undefined.
  await client.connect(transport)
  return {
    revision: () => transport.protocolVersion,
    instructions: () => client.getInstructions(),
    list: async () => (await client.listTools()).tools as Awaited<ReturnType<McpClient["list"]>>,
    call: async (name, args, signal) =>
      (await client.callTool({ name, arguments: { ...args } }, undefined, {
        timeout: CALL_MS,
        ...(signal && { signal }),
      })) as unknown as ToolResult,
    close: () => client.close(),
  }
}

type Mode = "legacy" | "auto" | { readonly pin: string }

/** `@modelcontextprotocol/client`, which knows both generations. */
const connectNew =
  (mode: Mode) =>
  async (options: ConnectOptions): Promise<McpClient> => {
    const client = new NewClient(INFO, { versionNegotiation: { mode } })
    await client.connect(new NewTransport(...transportOf(options)))
    return {
      revision: () => client.getNegotiatedProtocolVersion(),
      instructions: () => client.getInstructions(),
      list: async () => (await client.listTools()).tools as Awaited<ReturnType<McpClient["list"]>>,
      call: async (name, args, signal) =>
        (await client.callTool(
          { name, arguments: { ...args } },
          {
            timeout: CALL_MS,
            ...(signal && { signal }),
          },
        )) as unknown as ToolResult,
      close: () => client.close(),
    }
  }

export const CLIENTS: ReadonlyArray<
  readonly [who: string, connect: (options: ConnectOptions) => Promise<McpClient>, revision: string]
> = [
  ["the SDK of before", connectOld, "2025-11-25"],
  ["today's SDK, as clients of before", connectNew("legacy"), "2025-11-25"],
  ["today's SDK, asking what there is", connectNew("auto"), "2026-07-28"],
  ["today's SDK, for nothing else", connectNew({ pin: "2026-07-28" }), "2026-07-28"],
]
