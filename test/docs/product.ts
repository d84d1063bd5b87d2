import * as Result from "effect/Result"
import { MultitaskBody } from "../../src/domain/MultitaskBody.ts"
import { decodeMultitaskRequest, multitaskBodyOf } from "../../src/domain/MultitaskRequest.ts"
import { limitsOf } from "../../src/programs/decodeBody.ts"
import { settingsWith } from "../support/settings.ts"

export const settings = settingsWith({})

const limits = limitsOf(settingsWith({ ALLOW_PRIVATE_URLS: true }))

/** What the product makes of a body. */
export const decoded = (body: unknown) => {
  const read = multitaskBodyOf(body, limits)
  return read instanceof MultitaskBody
    ? decodeMultitaskRequest(read, limits)
    : Result.fail([{ path: "", message: read._tag }])
}
