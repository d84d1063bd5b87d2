import type { Constants } from "../../src/domain/Constants.ts"

/** What the Worker under test is told: time is real there, so every wait is short and every limit is small. */
export const workerVariables = {
  ALLOW_PRIVATE_URLS: "true",
  MAX_BODY_BYTES: "200000",
  MAX_INPUTS: "300",
  SETTLE_SECONDS: "0.3",
  RESULTS_PER_SECOND: "1000",
  WEBHOOK_TIMEOUT_SECONDS: "1",
} as const

/** For the Worker in test/worker/support/worker.ts. */
export const workerConstants: Partial<Constants> = {
  BATCH_SIZE: 10,
  INPUTS_TIMEOUT_SECONDS: 1,
  PREPARE_SECONDS: 4,
  SUBMIT_WAIT_SECONDS: 5,
  LOGIN_TIMEOUT_SECONDS: 1,
  EDGE_RETRY_MIN_SECONDS: 0.1,
  EDGE_RETRY_MAX_SECONDS: 1,
  REFUSED_RETRY_MIN_SECONDS: 0.1,
  REFUSED_RETRY_MAX_SECONDS: 1,
  RECONNECT_MIN_SECONDS: 0.1,
  RECONNECT_MAX_SECONDS: 1,
  POLL_MIN_SECONDS: 0.2,
  POLL_MAX_SECONDS: 1,
  REFUSED_HOURS: 1.2 / 3_600,
  WATCHDOG_SECONDS: 1,
  UNCOMMITTED_MINUTES: 0.02,
  HEARTBEAT_SECONDS: 0.25,
  VIEWER_SILENCE_SECONDS: 2,
  WEBHOOK_RETRY_MIN_SECONDS: 0.1,
  WEBHOOK_RETRY_MAX_SECONDS: 0.4,
  STUDIO_MAX_ROWS: 100,
  STUDIO_MAX_CHARS: 200_000,
  GET_DATA_CHARS: 60_000,
}
