import { expect, it } from "vitest"
import manifest from "../../package.json" with { type: "json" }
import { PRODUCT, USER_AGENT, VERSION } from "../../src/domain/Product.ts"

it("is what package.json says", () => {
  expect({ name: PRODUCT, version: VERSION }).toEqual({ name: manifest.name, version: manifest.version })
  // RFC 9110: a product token, a slash, a version token.
  expect(USER_AGENT).toMatch(/^[\w.-]+\/[\w.-]+$/)
})
