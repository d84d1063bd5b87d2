import { readSettings, type SettingsShape } from "../../src/domain/Settings.ts"

/** The settings of a Worker whose operator changed nothing, but for these. */
export const settingsWith = (changes: Partial<SettingsShape> = {}): SettingsShape => {
  const read = readSettings({})
  if (!read.ok) throw new Error(read.problems.join("; "))
  return { ...read.settings, ...changes }
}
