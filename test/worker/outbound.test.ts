import { env } from "cloudflare:workers"
import { outboundSuite } from "../layers/outboundSuite.ts"
import { recordingAt } from "../support/recording.ts"

const { RECORDING_URL } = env as unknown as { readonly RECORDING_URL: string }

outboundSuite("workerd", () => recordingAt(RECORDING_URL))
