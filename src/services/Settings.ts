import * as Context from "effect/Context"
import type { SettingsShape } from "../domain/Settings.ts"

/** The operator's variables, already checked, and the constants. */
export class Settings extends Context.Service<Settings, SettingsShape>()("multitask/services/Settings") {}
