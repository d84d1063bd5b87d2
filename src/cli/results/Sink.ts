import type { Writable } from "node:stream"
import { isClosedPipe, outputFailure } from "../Session.ts"
import { openOutputFile } from "./outputFile.ts"

/** Where results go. Writing waits until there is room for more. */
export type Write = (text: string) => Promise<void>

/**
 * Opens a file, or standard output (`file` null), for as long as `body` writes. A file is there as a whole at the end, or
 * as it was before. Rejects with an error of code `EPIPE` when nobody reads standard output any more.
 */
export const withSink = async (
  { file, stdout, signal }: { file: string | null; stdout: Writable; signal: AbortSignal | undefined },
  body: (write: Write) => Promise<void>,
): Promise<void> => {
  if (file === null) return body(toStream(stdout, signal))
  const output = await openOutputFile(file)
  try {
    await body(async (text) => {
      signal?.throwIfAborted()
      await output.write(text)
    })
    signal?.throwIfAborted()
  } catch (error) {
    await output.discard()
    throw error
  }
  await output.finish()
}

const toStream = (stream: Writable, signal: AbortSignal | undefined): Write => {
  // The write's own callback tells; without a listener the same error would end the process.
  if (!stream.listeners("error").includes(ignore)) stream.on("error", ignore)
  return (text) =>
    new Promise((resolve, reject) => {
      signal?.throwIfAborted()
      const onAbort = () => reject(signal?.reason as Error)
      signal?.addEventListener("abort", onAbort, { once: true })
      stream.write(text, (error) => {
        signal?.removeEventListener("abort", onAbort)
        if (error) reject(isClosedPipe(error) ? error : outputFailure(error))
        else resolve()
      })
    })
}

const ignore = () => {}
