import { gzipSync } from "node:zlib"
import { build } from "esbuild"
import { expect, it } from "vitest"

const LIMIT_BYTES = 6_000

it("is one small file for a browser, with nothing in it but the client", async () => {
  const { outputFiles, metafile } = await build({
    entryPoints: ["src/client/index.ts"],
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    metafile: true,
    write: false,
  })
  const [file] = outputFiles
  expect(gzipSync(file?.contents ?? "").length).toBeLessThan(LIMIT_BYTES)
  expect(Object.keys(metafile.inputs).filter((path) => !path.startsWith("src/client/"))).toEqual([])
  expect(Object.values(metafile.outputs).flatMap(({ imports }) => imports)).toEqual([])
})
