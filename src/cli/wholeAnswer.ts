import { pause } from "../client/leash.ts"
import type { Asked } from "../client/request.ts"
import type { Multitask } from "../client/index.ts"
import { Refused } from "./Refused.ts"

const TIMES = 5
const FIRST_WAIT_MS = 500

/**
 * What `read` makes of an answer's text once all of it is here. One that breaks off, or of which `read` says by throwing
 * that it is not whole, is asked for again: for what changes nothing. A `Refused` of `check` is thrown at once.
 */
export const wholeAnswer = async <A>(
  multitask: Multitask,
  asked: Asked,
  {
    check,
    read,
    broken,
  }: {
    readonly check?: (response: Response) => void
    readonly read: (text: string, response: Response) => A
    /** What is said when it broke off each time. */
    readonly broken: (times: number) => string
  },
): Promise<A> => {
  const { signal } = asked
  for (let attempt = 1; ; attempt++) {
    const response = await multitask.request(asked)
    check?.(response)
    try {
      return read(await response.text(), response)
    } catch (cause) {
      signal?.throwIfAborted()
      if (cause instanceof Refused) throw cause
      if (attempt === TIMES) throw new Refused(broken(TIMES), { cause })
      await pause(FIRST_WAIT_MS * 2 ** (attempt - 1), signal)
    }
  }
}
