import { sleep, type Clock } from "../core/clock.ts"
import { shownHeaders } from "../core/requestLog.ts"
import { createInputs, type InputsSpec } from "./inputs.ts"
import { boolean, list, nullable, number, object, parse, string, type Infer } from "../behaviour/spec.ts"

/** What a webhook receiver got. */
interface ReceivedWebhook {
  readonly at: number
  readonly name: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly answered: number
}

const answerSpec = object({
  status: number(200, 200, 599),
  delay_ms: number(0),
  /** A redirect's target. */
  location: nullable(string()),
  /** For this name only; null: for all. */
  name: nullable(string()),
  /** Stays in force, instead of answering once. */
  lasting: boolean(false),
})
type WebhookAnswer = Infer<typeof answerSpec>
const answersSpec = list(answerSpec)

const KEPT = 1_000
const MAX_BODY = 64 * 1024
/** The other side of the product's calls: a webhook receiver, and URLs that serve inputs. */
export interface Host {
  readonly webhooks: {
    readonly received: ReadonlyArray<ReceivedWebhook>
    /** Answers for what comes next, in order; without any, 200. */
    answerWith(answers: unknown): void
    clear(): void
    receive(request: Request, name: string): Promise<Response>
  }
  readonly inputs: {
    serve(name: string, spec: unknown): InputsSpec
    respond(request: Request, name: string, url: URL): Promise<Response>
  }
}

const createWebhooks = (clock: Clock): Host["webhooks"] => {
  let received: ReceivedWebhook[] = []
  let answers: WebhookAnswer[] = []
  const take = (name: string): WebhookAnswer => {
    const found = answers.find((answer) => answer.name === null || answer.name === name)
    if (found?.lasting === false) answers = answers.filter((answer) => answer !== found)
    return found ?? answerSpec.initial
  }
  return {
    get received() {
      return received
    },
    answerWith: (given) => {
      answers = [...parse(answersSpec, given)]
    },
    clear: () => {
      received = []
      answers = []
    },
    async receive(request, name) {
      const at = clock.now()
      const body = (await request.text()).slice(0, MAX_BODY)
      const answer = take(name)
      const headers = shownHeaders(request)
      received = [...received, { at, name, headers, body, answered: answer.status }].slice(-KEPT)
      await sleep(clock, answer.delay_ms, request.signal)
      const location = answer.location === null ? {} : { headers: { location: answer.location } }
      return new Response(null, { status: answer.status, ...location })
    },
  }
}

export const createHost = (clock: Clock): Host => ({
  webhooks: createWebhooks(clock),
  inputs: createInputs(clock),
})
