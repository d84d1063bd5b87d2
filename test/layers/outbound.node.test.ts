import { afterAll, beforeAll } from "vitest"
import { startRecordingServer } from "../support/recordingServer.ts"
import { outboundSuite } from "./outboundSuite.ts"

let server: Awaited<ReturnType<typeof startRecordingServer>>
beforeAll(async () => {
  server = await startRecordingServer()
})
afterAll(() => server.stop())

outboundSuite("node", () => server)
