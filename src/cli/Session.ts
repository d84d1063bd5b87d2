import type { Interruption } from "./Interruption.ts"
import type { Options } from "./options.ts"
import { Refused } from "./Refused.ts"
import type { World } from "./World.ts"

/** One command under way. */
export interface Session {
  readonly world: World
  readonly interruption: Interruption
  readonly command: string
  readonly positionals: ReadonlyArray<string>
  readonly options: Options
  /** The keys that no message may repeat. */
  readonly secrets: Set<string>
  /** The line of FILE in which the row of this index begins, once it is read. */
  lineOfRow: (row: number) => number | undefined
  /** What of the command stays whatever becomes of it: where its rows are. */
  group: { readonly url: string } | null
}

/** A line for people, which results never are. */
export const say = ({ world }: Session, text: string): Promise<void> => write(world.stderr, `${text}\n`)

/** Results, which are not to be lost in silence: whether somebody reads them. Throws a `Refused` where there is no room. */
export const writeOut = ({ world }: Session, text: string): Promise<boolean> =>
  new Promise((resolve, reject) => {
    world.stdout.write(text, (error) => {
      if (!error || isClosedPipe(error)) resolve(!error)
      else reject(outputFailure(error))
    })
  })

/** Who reads on stdout has read enough, as `head` does. */
export const isClosedPipe = (error: unknown): boolean => codeOf(error) === "EPIPE"

export const outputFailure = (error: unknown): Refused =>
  new Refused(`Standard output cannot be written (${codeOf(error) ?? String(error)}).`)

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined

/** Resolves when it is written, or when nobody reads it any more. */
export const write = (output: World["stdout"], text: string): Promise<void> =>
  new Promise((resolve) => {
    // A reader that has left, as `head` does, is no failure of ours.
    output.write(text, () => resolve())
  })
