import type { Interruption } from "./Interruption.ts"
import type { Options } from "./options.ts"
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
  /** What of the command stays whatever becomes of it: where its rows are. */
  group: { readonly url: string } | null
}

/** A line for people, which results never are. */
export const say = ({ world }: Session, text: string): Promise<void> => write(world.stderr, `${text}\n`)

/** Resolves when it is written, or when nobody reads it any more. */
export const write = (output: World["stdout"], text: string): Promise<void> =>
  new Promise((resolve) => {
    // A reader that has left, as `head` does, is no failure of ours.
    output.write(text, () => resolve())
  })
