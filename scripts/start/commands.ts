import { join } from "node:path"
import type { StartOptions } from "./args.ts"

export const simulatorCommand = (data: string, port: number): ReadonlyArray<string> => [
  process.execPath,
  "simulator/main.ts",
  "--port",
  String(port),
  "--data",
  join(data, "simulator"),
]

export const wranglerCommand = (
  options: Pick<StartOptions, "data" | "realApi" | "wranglerArgs">,
  port: number,
  simulatorUrl: string | undefined,
): ReadonlyArray<string> => {
  const given = (name: string) =>
    options.wranglerArgs.some((arg) => arg === name || arg.startsWith(`${name}=`))
  return [
    process.execPath,
    "node_modules/wrangler/bin/wrangler.js",
    "dev",
    "--port",
    String(port),
    ...(given("--ip") ? [] : ["--ip", "127.0.0.1"]),
    // Groups of the stand-in would be followed against the real API, and the other way round: each has its own folder.
    ...(given("--persist-to")
      ? []
      : ["--persist-to", join(options.data, options.realApi ? "worker-real-api" : "worker")]),
    "--show-interactive-dev-session=false",
    ...(simulatorUrl === undefined
      ? []
      : ["--var", `PARALLEL_BASE_URL:${simulatorUrl}`, "--var", "ALLOW_PRIVATE_URLS:true"]),
    ...options.wranglerArgs,
  ]
}

/** Keeps wrangler from asking, phoning home, or writing outside of the project. */
export const wranglerEnv = (data: string): NodeJS.ProcessEnv => ({
  ...process.env,
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_SEND_ERROR_REPORTS: "false",
  WRANGLER_HIDE_BANNER: "true", // and with it the check for updates
  WRANGLER_WRITE_LOGS: "false", // its debug log would hold every request
  WRANGLER_REGISTRY_PATH: join(data, "wrangler-registry"),
  X_LOCAL_OBSERVABILITY: "false", // its local trace store would keep the URL of every request we make
  CLOUDFLARE_CF_FETCH_ENABLED: "false", // request.cf is made up locally
})
