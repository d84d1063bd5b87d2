import { describe, expect, it } from "@effect/vitest"
import { attachment, shownMetadata, titleOf, upstreamMetadata } from "../../src/domain/GroupMetadata.ts"

const FACTS = { product: "p", origin: "o", num_inputs: 3, processor: "core" }

describe("a group's metadata", () => {
  it("is the caller's own and ours; the question stays here", () => {
    const subject = { title: "T", question: "Q", metadata: { client: "A" } }
    expect(JSON.parse(shownMetadata(subject, FACTS))).toEqual({
      client: "A",
      title: "T",
      question: "Q",
      ...FACTS,
    })
    expect(upstreamMetadata(subject, FACTS)).toEqual({ client: "A", title: "T", ...FACTS })
    const nothing = { title: null, question: null, metadata: {} }
    expect(JSON.parse(shownMetadata(nothing, FACTS))).toEqual({ title: null, question: null, ...FACTS })
    expect(upstreamMetadata(nothing, FACTS)).toEqual(FACTS)
  })

  it("has a title where one is text", () => {
    expect(titleOf('{"a":1,"title":"T\\n"}')).toBe("T\n")
    for (const none of ["{}", '{"title":null}', '{"title":3}', "null", "[]"]) expect(titleOf(none)).toBeNull()
  })
})

describe("the name of a download", () => {
  it.each([
    [null, 'filename="tgrp_1.csv"'],
    ["CEOs", 'filename="CEOs-tgrp_1.csv"'],
    ['../"CEOs"; rm -rf\r\n*', 'filename="CEOs-rm-rf-tgrp_1.csv"'],
    [
      "Zürich \u{1F600} 会社",
      `filename="Zurich-tgrp_1.csv"; filename*=UTF-8''Z%C3%BCrich-%E4%BC%9A%E7%A4%BE-tgrp_1.csv`,
    ],
    ["会社", `filename="tgrp_1.csv"; filename*=UTF-8''%E4%BC%9A%E7%A4%BE-tgrp_1.csv`],
    ["...", 'filename="tgrp_1.csv"'],
  ])("of %j is safe everywhere, and has the id", (title, header) => {
    expect(attachment(JSON.stringify({ title }), "tgrp_1", "csv")).toBe(`attachment; ${header}`)
  })

  it("is no longer than file systems take", () => {
    for (const char of ["x", "会", "\u{20000}"]) {
      const header = attachment(JSON.stringify({ title: char.repeat(200) }), "tgrp_1", "csv")
      const name = decodeURIComponent(header.replace(/^.*(?:UTF-8''|filename=")|"$/g, ""))
      expect([name.endsWith("-tgrp_1.csv"), name.includes("\uFFFD")]).toEqual([true, false])
      expect(new TextEncoder().encode(name).length).toBeLessThan(250)
    }
  })
})
