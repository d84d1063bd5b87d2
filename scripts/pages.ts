import { mkdirSync, writeFileSync } from "node:fs"
import { dirname } from "node:path"
import { gzipSync } from "node:zlib"
import { GENERATED } from "./check/pages.ts"

for (const { file, make } of GENERATED) {
  const text = await make()
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
  console.log(`${file}: ${Buffer.byteLength(text)} bytes, ${gzipSync(text).length} compressed`)
}
