import { availableParallelism } from "node:os"
import { cloudflareTest } from "@cloudflare/vitest-plugin"
import { defineConfig } from "vitest/config"
import { buildMcpSdk } from "./scripts/lib/mcpSdk.mjs"
import { writePages } from "./scripts/lib/pageBundles.mjs"
import { workerConstants, workerVariables } from "./test/support/workerSettings.ts"

// The Worker imports the one and serves the others, and wrangler is not here to make them first.
await Promise.all([buildMcpSdk(), writePages()])

/**
 * Tests of real servers and browsers on a machine that others use too get a second attempt. What runs under virtual
 * time, or draws from a seed, gets none: there a failure that does not repeat is a finding.
 */
const AGAIN = 1

/**
 * Where each file would start a process, a workerd or a browser and evaluate Effect there, the files of one worker share
 * them: no module is replaced (`vi.mock`), and whoever changes a global puts it back.
 */
const SHARED = { isolate: false } as const

/**
 * Five projects: `unit` runs in plain Node (programs with layers swapped in, virtual time), `worker` inside workerd,
 * `browser` drives the pages in Chromium, `firefox` in Firefox, `e2e` starts the real `wrangler dev` and the simulator.
 * The order in which `npm test` runs them is in scripts/test/args.ts.
 */
export default defineConfig({
  test: {
    // vitest itself leaves one core free, which of two is half: much of what runs here waits for something.
    maxWorkers: Math.max(3, availableParallelism() - 1),
    projects: [
      {
        test: {
          ...SHARED,
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: ["test/worker/**", "test/e2e/**", "test/browser/**", "test/firefox/**"],
          // Nothing here waits for time, but a busy machine may be slow, and slow to start a process.
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        plugins: [
          cloudflareTest(({ inject }) => ({
            main: "./test/worker/support/worker.ts",
            wrangler: { configPath: "./wrangler.toml" },
            miniflare: {
              bindings: {
                ...workerVariables,
                TEST_CONSTANTS: JSON.stringify(workerConstants),
                PARALLEL_BASE_URL: inject("simulatorUrl"),
                PARALLEL_LOGIN_URL: inject("loginUrl"),
                RECORDING_URL: inject("recordingUrl"),
                CONTRACT_URL: inject("contractUrl"),
              },
            },
          })),
        ],
        test: {
          ...SHARED,
          name: "worker",
          include: ["test/worker/**/*.test.ts"],
          globalSetup: [
            "test/support/simulatorForWorkers.ts",
            "test/support/loginForWorkers.ts",
            "test/support/recordingServer.ts",
            "test/support/contract/forWorkers.ts",
          ],
          testTimeout: 60_000,
          hookTimeout: 120_000,
          retry: AGAIN,
        },
      },
      {
        test: {
          ...SHARED,
          name: "browser",
          include: ["test/browser/**/*.test.ts"],
          // These wait for nothing but cores.
          maxWorkers: Math.max(2, availableParallelism() - 1),
          sequence: { groupOrder: 2 },
          testTimeout: 120_000,
          hookTimeout: 120_000,
          retry: AGAIN,
        },
      },
      {
        test: {
          name: "firefox",
          include: ["test/firefox/**/*.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          retry: AGAIN,
        },
      },
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          testTimeout: 180_000,
          hookTimeout: 120_000,
          // Servers on ports and in folders of their own: half of their time is waiting for them.
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
          retry: AGAIN,
        },
      },
    ],
  },
})
