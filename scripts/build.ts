import { fileURLToPath } from "node:url"
import { buildPackage } from "./lib/build.ts"

try {
  await buildPackage(fileURLToPath(new URL("..", import.meta.url)))
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
