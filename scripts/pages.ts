import { writeFileSync } from "node:fs"
import { gzipSync } from "node:zlib"
import { bundlePages, FILE } from "./check/pages.ts"

const script = await bundlePages()
writeFileSync(FILE, script)
console.log(`${FILE}: ${Buffer.byteLength(script)} bytes, ${gzipSync(script).length} compressed`)
