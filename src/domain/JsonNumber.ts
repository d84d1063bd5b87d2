import type { JsonText } from "./TaskGroup.ts"

/** A number's text taken apart: `sign × 0.digits × 10^point`. */
const decimalOf = (json: JsonText) => {
  const [, minus, whole = "", fraction = "", exponent = "0"] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(json) ?? []
  const digits = (whole + fraction).replace(/^0+/, "")
  const sign = digits === "" ? 0 : minus === "-" ? -1 : 1
  return { sign, digits, point: Number(exponent) + digits.length - fraction.length }
}

/** Which of two numbers is less, by what is written: they may have more digits than doubles can tell apart. */
export const compareNumbers = (a: JsonText, b: JsonText): number => {
  if (a === b) return 0
  // Rounding keeps the order, so that only what rounds to the same needs a closer look.
  const [x, y] = [Number(a), Number(b)]
  if (x !== y) return x < y ? -1 : 1
  const [one, other] = [decimalOf(a), decimalOf(b)]
  if (one.sign !== other.sign) return one.sign - other.sign
  if (one.point !== other.point) return one.sign * (one.point - other.point)
  const length = Math.max(one.digits.length, other.digits.length)
  const [left, right] = [one.digits.padEnd(length, "0"), other.digits.padEnd(length, "0")]
  return left === right ? 0 : left < right ? -one.sign : one.sign
}
