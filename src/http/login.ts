import { DEFAULT_BASE_URL, DEFAULT_LOGIN_URL, type SettingsShape } from "../domain/Settings.ts"

/**
 * Signing in gives a real key. Where the API is not Parallel's own, such as the stand-in of a demo, that key would go
 * to a stranger: it is offered there only when the operator has named a login that goes with it.
 */
export const loginFor = (
  settings: Pick<SettingsShape, "PARALLEL_BASE_URL" | "PARALLEL_LOGIN_URL">,
): string | null =>
  settings.PARALLEL_BASE_URL === DEFAULT_BASE_URL || settings.PARALLEL_LOGIN_URL !== DEFAULT_LOGIN_URL
    ? settings.PARALLEL_LOGIN_URL
    : null
