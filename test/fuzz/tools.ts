import { drawBody } from "./drawBody.ts"
import { compact, memberOf, refusedViolations, showsKey } from "./oracles.ts"
import { acceptedViolations } from "./posts.ts"
import { type Answer, API_KEY, ORIGIN, Product } from "./product.ts"
import { mutated, NASTY, type Target } from "./target.ts"

/** What `createTaskGroup` takes as the POST does. */
const SAME = ["inputs", "output_type", "processor", "limit", "max_cost_usd", "title", "webhook_url"]

/** The fields of a POST's body as the tool's arguments, each as it was written. */
const argumentsOf = (body: string, requestId: string): string => {
  const object = compact(body)
  const output = memberOf(object, "output_schema") ?? memberOf(object, "output_description") ?? '"CEO"'
  const members = SAME.flatMap((name) => {
    const value = memberOf(object, name)
    return value === undefined ? [] : [`"${name}":${value}`]
  })
  return `{${[...members, `"output":${output}`, `"request_id":"${requestId}"`].join()}}`
}

const messageOf = (args: string): string =>
  `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"createTaskGroup","arguments":${args}}}`

interface Rpc {
  readonly result?: { readonly isError?: boolean; readonly content: ReadonlyArray<{ readonly text: string }> }
  readonly error?: { readonly code: number }
}

const rpcIn = ({ text }: Answer): Rpc | null => {
  try {
    return JSON.parse(/^data: (.*)$/m.exec(text)?.[1] ?? text) as Rpc
  } catch {
    return null
  }
}

const ask = (product: Product, message: string): Promise<Answer> =>
  product.ask(
    new Request(`${ORIGIN}/mcp`, {
      method: "POST",
      body: message,
      headers: {
        "x-api-key": API_KEY,
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
      },
    }),
  )

/** Messages to `/mcp`: a tool's calls, right ones and damaged, around the rows and in them. */
export const tools: Target = {
  name: "tools",
  open: async () => {
    const product = new Product("tools")
    let calls = 0
    return {
      draw: (dice) => {
        const args = argumentsOf(drawBody(dice).text, `r${calls++}`)
        return dice.chance(0.5)
          ? { text: messageOf(args), args }
          : { text: mutated(dice, messageOf(args), [...NASTY, args]), args: "" }
      },
      send: async ({ text, args }) => {
        try {
          const answer = await ask(product, text)
          const rpc = rpcIn(answer)
          const violations: Array<string> = []
          if (showsKey(answer.text)) violations.push("the answer shows the API key")
          if (answer.status >= 500) violations.push(`status ${answer.status}`, ...product.logs.slice(-3))
          if (answer.status === 200 && rpc === null)
            violations.push(`no message: ${answer.text.slice(0, 200)}`)
          const isDone = rpc?.result !== undefined && rpc.result.isError !== true
          const said = rpc?.result?.content.map((one) => one.text).join("\n") ?? ""
          if (isDone && typeof args === "string" && args !== "")
            violations.push(...acceptedViolations(product, args))
          if (!isDone || said === "") violations.push(...refusedViolations(product, answer))
          if (/Something went wrong here/.test(said)) violations.push(said, ...product.logs.slice(-3))
          const what = rpc?.error === undefined ? (isDone ? "done" : "refused") : `${rpc.error.code}`
          return { label: `${answer.status} ${what}`, violations }
        } finally {
          product.forget()
        }
      },
      close: () => product.close(),
    }
  },
}
