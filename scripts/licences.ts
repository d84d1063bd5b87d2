import { writeFileSync } from "node:fs"
import { currentThirdParty, FILE } from "./check/licences.ts"

const { ok, output } = await currentThirdParty()
if (ok) writeFileSync(FILE, output)
else console.error(output)
process.exitCode = ok ? 0 : 1
