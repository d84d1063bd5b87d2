import { Multitask, MultitaskError } from "../client/index.ts"
import { askKey, knownKey } from "./key.ts"
import { type GroupPlace, groupPlace } from "./place.ts"
import { askYesNo, mayAsk } from "./prompt.ts"
import { Refused } from "./Refused.ts"
import { say, type Session } from "./Session.ts"

/** Throws where a key, or a question's answer, would be missing later: before anything is read or sent. */
export const prepareAccess = async (
  session: Session,
  host: string,
  { asks, fromStdin = false }: { readonly asks: boolean; readonly fromStdin?: boolean },
): Promise<() => Promise<Multitask>> => {
  const { world, options, command } = session
  const canAsk = mayAsk(world) && !fromStdin
  if (asks && !options.yes && !canAsk)
    throw new Refused(
      `${command} asks before it ${command === "delete" ? "deletes" : "spends"}, and nobody can be asked here${fromStdin ? ": stdin is the rows" : ""}. Add --yes to go on without asking. Nothing was sent.`,
    )
  const known = await knownKey(session, host)
  if (known === null && !canAsk)
    throw new Refused(
      `No Parallel API key is known for ${host}. Set PARALLEL_API_KEY, or keep one with login. Nothing was sent.`,
    )
  return async () => clientOf(session, host, known ?? (await askKey(session, host)))
}

/** A deployment, with a key where something is changed. Reading needs none, and none is sent. */
export const clientOf = ({ world }: Session, host: string, apiKey?: string): Multitask =>
  new Multitask({ baseUrl: host, apiKey, fetch: world.fetch })

/** Whether to go on. Without a question where `--yes` has answered it. */
export const confirm = async (session: Session, question: string): Promise<void> => {
  const { options, world, interruption } = session
  if (options.yes || (await askYesNo(world, interruption, question))) return
  throw new Refused(interruption.meaning)
}

/** GROUP, where a foreign URL is told of. */
export const groupOf = async (
  session: Session,
  options: { readonly fromUrl: boolean },
): Promise<GroupPlace> => {
  const place = groupPlace(session, options)
  if (place.note !== null) await say(session, place.note)
  return place
}

/** What an act may cost: what was shown and agreed to. `--max-cost` may be far more, and is kept by the plan already. */
export const capOf = ({ options }: Session, shown: number | null): { readonly max_cost_usd?: number } => {
  const cap = shown ?? options.maxCost
  return cap === null ? {} : { max_cost_usd: cap }
}

/** The server refuses for its cost what was planned a moment ago. */
const isDearer = (error: unknown): boolean =>
  error instanceof MultitaskError && error.errors.some(({ path }) => path === "max_cost_usd")

/** Sends what changes something: the first Ctrl-C waits for its answer, which `done` tells. */
export const change = <A>(
  session: Session,
  options: {
    readonly send: (signal: AbortSignal) => Promise<A>
    readonly done: (answer: A) => Promise<void>
    /** What it means when no answer came. */
    readonly doubt: string
  },
): Promise<A> => {
  const { interruption } = session
  const before = interruption.meaning
  interruption.meaning = options.doubt
  return interruption.hold({
    act: () =>
      options.send(interruption.signal).catch((error: unknown) => {
        if (!isDearer(error)) throw error
        throw new Refused(`By now it costs more than was shown. ${before} Try again to see what it costs.`)
      }),
    done: options.done,
    onFirst: () =>
      void say(session, "\nWaiting for the answer to what was sent. Ctrl-C again quits at once."),
  })
}
