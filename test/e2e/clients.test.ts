import { afterAll, beforeAll } from "vitest"
import { Product } from "./product.ts"
import { QUICK, servers } from "./servers.ts"
import { startRecordingServer } from "../support/recordingServer.ts"
import { preflights } from "../clients/preflights.ts"
import { SentGroups } from "../clients/sentGroups.ts"
import { clientsOfStreams } from "../clients/streams.ts"
import { valuesAsTheyWere } from "../clients/values.ts"

/** One pair of real servers for all that people read results with. */
const pair = servers({
  ...QUICK,
  constants: { ...QUICK.constants, HEARTBEAT_SECONDS: 0.3 },
  scenario: {
    runs: { queue_ms: [10, 50], duration_ms: [20, 200], failure_rate: 0, scale_by_processor: false },
  },
})
const product = new Product(pair)

let outside: Awaited<ReturnType<typeof startRecordingServer>>
beforeAll(async () => {
  outside = await startRecordingServer()
})
afterAll(() => outside.stop())

clientsOfStreams(product)
preflights(product)
valuesAsTheyWere(new SentGroups(product, () => outside))
