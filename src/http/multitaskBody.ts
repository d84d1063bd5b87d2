import type { ReadFailure } from "../domain/JsonSink.ts"
import { MultitaskBody, type MultitaskBodyReader } from "../domain/MultitaskBody.ts"
import { failureProblem } from "../domain/RowReader.ts"
import type { SettingsShape } from "../domain/Settings.ts"
import { readBodyText } from "./body.ts"
import type { ApiError } from "../domain/ApiError.ts"
import { problemsError } from "../programs/apiErrors.ts"
import type { RequestHash } from "./idempotency.ts"

/** The body of a request that takes a key, read while it is hashed; or why it cannot be. `absent`: what none stands for. */
export const readMultitaskBody = async (
  request: Request,
  settings: Pick<SettingsShape, "MAX_BODY_BYTES">,
  reader: MultitaskBodyReader,
  hash: RequestHash | null,
  absent = "",
): Promise<MultitaskBody | ApiError> => {
  let isAbsent = true
  // Tools send an empty body with whatever type.
  const isNone = request.body === null || request.headers.get("content-length") === "0"
  if (absent === "" || !isNone) {
    const error = await readBodyText(request, {
      maxBytes: settings.MAX_BODY_BYTES,
      take: (text) => {
        isAbsent &&= text === ""
        reader.push(text)
        return reader.failure === null
      },
      ...(hash && { look: (bytes: Uint8Array) => hash.add(bytes) }),
    })
    if (error !== null) return error
  }
  if (isAbsent) reader.push(absent)
  const read = reader.finish()
  return read instanceof MultitaskBody ? read : failureError(read)
}

const failureError = (failure: ReadFailure): ApiError => {
  switch (failure._tag) {
    case "NotJson":
      return {
        status: 400,
        message: `The body is not JSON: it ${failure.atEnd ? "ends too early, at" : "has an error at"} ${failure.where}.`,
      }
    case "TooManyValues":
      return {
        status: 413,
        message: `The body holds more than ${failure.limit} values. Split the inputs over several requests.`,
      }
    case "TooDeep":
      return problemsError(422, [failureProblem(failure)])
  }
}
