import { settingsWith } from "../support/settings.ts"

export const settings = settingsWith({})

/** The limits of a request, as the product has them. */
export const limits = {
  maxInputs: settings.MAX_INPUTS,
  maxTaskSpecChars: settings.MAX_TASK_SPEC_CHARS,
  maxSpecPlusInputChars: settings.MAX_SPEC_PLUS_INPUT_CHARS,
  allowPrivateUrls: true,
}
