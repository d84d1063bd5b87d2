import { studioLimitsOf, type StudioLimits } from "../../src/do/readOnlySql.ts"
import { settingsWith } from "./settings.ts"

export const studioLimits = (others: Partial<StudioLimits> = {}): StudioLimits => ({
  ...studioLimitsOf(settingsWith()),
  ...others,
})
