/** "50,000" */
export const number = (value: number): string => value.toLocaleString("en")

/** "12 min 3 s" */
export const duration = (seconds: number): string => {
  const whole = Math.max(0, Math.round(seconds))
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return joined(Math.floor(whole / 60), "min", whole % 60, "s")
  return joined(Math.floor(whole / 3600), "h", Math.floor((whole % 3600) / 60), "min")
}

/** As exact as a guess can be: "6 min" */
export const roughly = (seconds: number): string => {
  if (seconds < 55) return `${Math.max(10, Math.round(seconds / 10) * 10)} s`
  const minutes = Math.max(1, Math.round(seconds / 60))
  if (minutes < 60) return `${minutes} min`
  const rounded = Math.round(minutes / 5) * 5
  return joined(Math.floor(rounded / 60), "h", rounded % 60, "min")
}

const joined = (large: number, unit: string, small: number, smallUnit: string): string =>
  `${number(large)} ${unit}${small === 0 ? "" : ` ${small} ${smallUnit}`}`

/** "12/min" */
export const rate = (perMinute: number): string => {
  if (perMinute >= 10) return `${number(Math.round(perMinute))}/min`
  return perMinute >= 1 ? `${perMinute.toFixed(1)}/min` : `${Math.round(perMinute * 60)}/h`
}

const FIRST = ["completed", "failed", "cancelled"]

/** "296 completed, 4 failed" */
export const countsText = (counts: Readonly<Record<string, number>>): string =>
  [...FIRST, ...Object.keys(counts).filter((status) => !FIRST.includes(status))]
    .filter((status) => (counts[status] ?? 0) > 0)
    .map((status) => `${number(counts[status]!)} ${status}`)
    .join(", ")
