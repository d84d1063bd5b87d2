/**
 * Leads the process group of one child: `node keeper.mjs COMMAND [ARGUMENT...]`. It lives as long as the child does.
 * When the process that started it dies, however it dies, the channel between them closes, and the keeper ends the
 * group: an abandoned workerd would go on serving, and hold its port and its database.
 */
import { spawn } from "node:child_process"
import { constants } from "node:os"

const GRACE_MS = 5000
const [command, ...args] = process.argv.slice(2)

const child = spawn(/** @type {string} */ (command), args, { stdio: ["ignore", "inherit", "inherit"] })
child.on("error", (error) => {
  console.error(error.message)
  process.exit(127)
})
child.on("exit", (code, signal) => process.exit(code ?? (signal ? 128 + constants.signals[signal] : 1)))

// A signal to the group reaches the child by itself; the keeper waits for it.
for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) process.on(signal, () => {})

process.on("disconnect", () => {
  process.kill(-process.pid, "SIGTERM")
  child.removeAllListeners("exit")
  // Unconditionally, and including the keeper itself: the child may be gone while a process it started is not.
  child.on("exit", () => setTimeout(() => process.kill(-process.pid, "SIGKILL"), 200))
  setTimeout(() => process.kill(-process.pid, "SIGKILL"), GRACE_MS)
})
