import { describe, expect, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { compareNumbers } from "../../src/domain/JsonNumber.ts"

const digit = Schema.Literals(["0", "0", "1", "9"])
const parts = Schema.Struct({
  minus: Schema.Literals(["", "-"]),
  head: Schema.Literals(["", "73852952793126942", "9007199254740991"]),
  whole: Schema.Array(digit),
  fraction: Schema.Array(digit),
  exponent: Schema.Literals([0, 0, 1, 3, -2, -20]),
})

/** A spelling of a number, and the number as an integer of its 10^-60. */
const made = ({ minus, head, whole, fraction, exponent }: typeof parts.Type) => {
  const integer = (head + whole.slice(0, 9).join("")).replace(/^0+(?=.)/, "") || "0"
  const decimals = fraction.slice(0, 9).join("")
  const text =
    minus + integer + (decimals === "" ? "" : `.${decimals}`) + (exponent === 0 ? "" : `e${exponent}`)
  const scaled = BigInt(integer + decimals) * 10n ** BigInt(60 + exponent - decimals.length)
  return { text, value: minus === "" ? scaled : -scaled }
}

describe("compareNumbers", () => {
  it.prop("orders numbers as integers of any size do", [parts, parts], ([one, other]) => {
    const [a, b] = [made(one), made(other)]
    expect([a.text, b.text, Math.sign(compareNumbers(a.text, b.text)) + 0]).toEqual([
      a.text,
      b.text,
      a.value < b.value ? -1 : a.value > b.value ? 1 : 0,
    ])
  })

  it.each([
    ["738529527931269425", "738529527931269426"],
    ["-738529527931269426", "-738529527931269425"],
    ["1.1", "1.10000000000000000001"],
    ["1e400", "1e401"],
    ["-1e400", "1e400"],
    ["-1e-400", "0"],
    ["0", "1e-400"],
    ["1e-401", "1e-400"],
  ])("%s is less than %s", (less, more) => {
    expect(compareNumbers(less, more)).toBeLessThan(0)
    expect(compareNumbers(more, less)).toBeGreaterThan(0)
  })

  it.each([
    ["1.10", "1.1"],
    ["-0", "0"],
    ["0.0", "-0e5"],
    ["1e2", "100.000"],
    ["10e400", "1E+401"],
  ])("%s is as much as %s", (one, other) => {
    expect(compareNumbers(one, other) + 0).toBe(0)
  })
})
