import { build } from "esbuild"
import { describe, expect, it } from "vitest"

describe("the command line's code", () => {
  it("brings no package along, Effect neither, and runs on Node 20", async () => {
    const { metafile } = await build({
      stdin: {
        contents: `
          export * from "./src/cli/main.ts"
          export * from "./src/cli/follow.ts"
          export * from "./src/cli/inputFile.ts"
          export * from "./src/cli/results/writeResults.ts"
        `,
        resolveDir: process.cwd(),
      },
      bundle: true,
      write: false,
      metafile: true,
      platform: "node",
      format: "esm",
      target: "node20",
    })
    const foreign = Object.keys(metafile.inputs).filter(
      (path) => !/^(?:src\/(?:cli|client|domain)\/|<stdin>)/.test(path),
    )
    expect(foreign).toEqual([])
    const packages = Object.values(metafile.outputs).flatMap(({ imports }) => imports.map(({ path }) => path))
    expect(packages.filter((path) => !path.startsWith("node:"))).toEqual([])
  })
})
