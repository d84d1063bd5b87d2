import { randomBytes } from "node:crypto"
import type { Servers } from "./servers.ts"
import { until } from "./until.ts"

const token = () => randomBytes(8).toString("hex")

/** The product as its users reach it, with secrets that cannot be mistaken for anything else. */
export class Product {
  readonly key = `pmt-e2e-key-${token()}`
  /** In the query of every webhook URL, and of every inputs URL. */
  readonly webhookToken = `pmt-e2e-webhook-${token()}`
  readonly inputsToken = `pmt-e2e-inputs-${token()}`
  /** What an MCP server is given, and what the webhook is signed with. */
  readonly mcpToken = `pmt-e2e-mcp-${token()}`
  readonly webhookSecret = `whsec_${randomBytes(32).toString("base64")}`
  /** The groups it made. */
  readonly groups: Array<string> = []
  /** Everything it was ever answered to a POST. */
  readonly answers: Array<string> = []
  readonly servers: Servers

  constructor(servers: Servers) {
    this.servers = servers
  }

  /** They stay where SQL does not reach until the group is removed: it may have another end, or more runs. */
  get lastingSecrets() {
    return [this.webhookToken, this.mcpToken, this.webhookSecret]
  }

  get secrets() {
    return [this.key, this.inputsToken, ...this.lastingSecrets]
  }

  webhookUrl = (name: string) =>
    `${this.servers.simulatorUrl}/_sim/webhooks/${name}?token=${this.webhookToken}`

  inputsUrl = (name: string, query = "") =>
    `${this.servers.simulatorUrl}/_sim/inputs/${name}?token=${this.inputsToken}${query}`

  /** Any POST, as `curl -d` sends it. */
  post = async (body: unknown, headers: Record<string, string> = {}) => {
    const response = await fetch(`${this.servers.url}/v1beta/tasks/multitask`, {
      method: "POST",
      headers: { "x-api-key": this.key, "content-type": "application/json", ...headers },
      body: typeof body === "string" ? body : JSON.stringify(body),
      signal: AbortSignal.timeout(60_000),
    })
    const text = await response.text()
    this.answers.push(text, JSON.stringify([...response.headers]))
    return { status: response.status, headers: response.headers, text }
  }

  /** A POST that is to be accepted; the group's id. */
  submit = async (body: unknown): Promise<string> => {
    const { status, text } = await this.post(body, { accept: "application/json" })
    if (status !== 200) throw new Error(`the POST answered ${status}: ${text}`)
    return this.remember((JSON.parse(text) as { taskgroup_id: string }).taskgroup_id)
  }

  remember(group: string) {
    this.groups.push(group)
    return group
  }

  get = async (path: string, headers: Record<string, string> = {}, method = "GET") => {
    const response = await fetch(`${this.servers.url}/${path}`, {
      method,
      headers,
      signal: AbortSignal.timeout(60_000),
    })
    return { status: response.status, headers: response.headers, text: await response.text() }
  }

  json = async (group: string): Promise<any> => JSON.parse((await this.get(`${group}.json`)).text)

  /** Waits for the end, asking as seldom as a user would mind. */
  ended = (group: string, withinMs: number) =>
    until(
      `${group} ends`,
      withinMs,
      async () => {
        const answer = await this.json(group)
        return answer.status.is_active ? null : answer
      },
      300,
    )

  /** A statement over the studio's protocol. */
  sql = async (group: string, statement: string): Promise<any> => {
    const response = await fetch(`${this.servers.url}/${group}.db`, {
      method: "POST",
      body: JSON.stringify({ type: "query", id: "1", statement }),
      signal: AbortSignal.timeout(60_000),
    })
    return response.json()
  }
}

/** Rows that can be told apart, with a column that an output may have, too. */
export const companies = (count: number) =>
  Array.from({ length: count }, (_, n) => ({ company: `Company ${n}`, n, tags: [`t${n % 7}`, "a|b"] }))

export const outputSchema = {
  type: "object",
  additionalProperties: false,
  required: ["headquarters", "employees"],
  properties: {
    headquarters: { type: "string", description: "City of the headquarters" },
    employees: { type: "integer", description: "Number of employees" },
  },
}
