import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { build } from "esbuild"

const file = fileURLToPath(new URL("../../src/mcpSdk.mjs", import.meta.url))
const root = fileURLToPath(new URL("../..", import.meta.url))

/**
 * Writes `src/mcpSdk.mjs`: what the Worker uses of the MCP SDK, as a module of its own that nothing loads before `/mcp`
 * is asked. wrangler's own bundle is one file, in which it would be read at every start.
 */
export const buildMcpSdk = async () => {
  const { outputFiles } = await build({
    stdin: {
      contents: readFileSync(file.replace(/\.mjs$/, ".d.mts"), "utf8"),
      resolveDir: root,
      loader: "ts",
    },
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    platform: "neutral",
    target: "es2024",
    conditions: ["workerd", "import"],
  })
  const code = outputFiles[0]?.text ?? ""
  // Whoever watches the folder would build it again and again.
  if (!existsSync(file) || readFileSync(file, "utf8") !== code) writeFileSync(file, code)
}
