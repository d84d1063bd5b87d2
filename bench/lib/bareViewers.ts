import { eachEvent, now, openStream } from "../clients/events.ts"
import { timed } from "./http.ts"
import { startBare } from "./servers.ts"

/** About what a row with its output has as an event. */
const EVENT_BYTES = 3_000

/** What the platform takes to pass as much on: the bare object sends each event to all, with nothing between. How late each came, ms. */
export const watchBare = async (
  folder: string,
  viewers: number,
  events: number,
  perSecond: number,
): Promise<ReadonlyArray<number>> => {
  const bare = await startBare(folder)
  const late: Array<number> = []
  const watch = async () => {
    const response = await openStream(`${bare.url}/viewers/listen`)
    return {
      over: eachEvent(response, ({ head }) => {
        const sent = /data: (\d+) /.exec(head)?.[1]
        if (sent !== undefined) late.push(now() - Number(sent))
      }),
    }
  }
  try {
    const watching = await Promise.all(Array.from({ length: viewers }, watch))
    await timed(
      `${bare.url}/viewers/publish?count=${events}&bytes=${EVENT_BYTES}&every_ms=${1_000 / perSecond}`,
    )
    await Promise.all(watching.map(({ over }) => over))
    return late
  } finally {
    await bare.stop()
  }
}
