/** Figures of repeated measurements. */

export const quantile = (values: ReadonlyArray<number>, q: number): number => {
  if (values.length === 0) return Number.NaN
  const sorted = values.toSorted((a, b) => a - b)
  const place = (sorted.length - 1) * q
  const low = sorted[Math.floor(place)] ?? Number.NaN
  const high = sorted[Math.ceil(place)] ?? Number.NaN
  return low + (high - low) * (place - Math.floor(place))
}

export const median = (values: ReadonlyArray<number>): number => quantile(values, 0.5)

/** Three significant digits: more would be noise. */
export const figure = (value: number): string => {
  if (!Number.isFinite(value)) return "–"
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2
  return value.toLocaleString("en-US", { maximumFractionDigits: digits })
}

/** "12.3 ms (11.9–14.0)": the median, and the lowest and highest. */
export const spread = (values: ReadonlyArray<number>, unit: string): string =>
  `${figure(median(values))} ${unit} (${figure(Math.min(...values))}–${figure(Math.max(...values))})`

/** Runs both in turn, `times` each, after a warm-up of each that does not count. */
export const alternate = async <A, B>(
  times: number,
  ours: () => Promise<A>,
  control: () => Promise<B>,
): Promise<{ readonly ours: ReadonlyArray<A>; readonly control: ReadonlyArray<B> }> => {
  await ours()
  await control()
  const a: Array<A> = []
  const b: Array<B> = []
  for (let round = 0; round < times; round++) {
    a.push(await ours())
    b.push(await control())
  }
  return { ours: a, control: b }
}
