import * as Cause from "effect/Cause"
import type * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as References from "effect/References"
import { failureReports } from "../domain/failureReport.ts"

/**
 * Logs as one line of JSON each, which Workers Logs takes apart into fields. Effect's own logger would print causes
 * whole, and with them whatever an error quotes. Texts and annotations are our own; of errors only what may be logged
 * is, and nothing of other values.
 */
export const StructuredLog: Layer.Layer<never> = Logger.layer([
  Logger.make(({ message, logLevel, cause, fiber }) => {
    const parts: ReadonlyArray<unknown> = Array.isArray(message) ? message : [message]
    const failures = [
      ...failureReports(cause),
      ...parts.flatMap((part) => (part instanceof Error ? failureReports(Cause.die(part)) : [])),
    ]
    const line = JSON.stringify({
      level: logLevel.toLowerCase(),
      message: parts.filter((part) => typeof part === "string").join(" "),
      ...fiber.getRef(References.CurrentLogAnnotations),
      ...(failures.length === 0 ? {} : { failures }),
    })
    if (logLevel === "Error" || logLevel === "Fatal") console.error(line)
    else if (logLevel === "Warn") console.warn(line)
    else console.log(line)
  }),
])
