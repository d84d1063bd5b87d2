import { describe, expect, it } from "vitest"
import { cutTo, markdownLink, markdownValue } from "../../../src/domain/Markdown.ts"
import { fitted, wholeLines } from "../../../src/layers/render/fitted.ts"

describe("a text that has too little room", () => {
  it("keeps the beginnings of its texts, as much of each as there is room for", () => {
    const write = (texts: ReadonlyArray<string>, room: number, least = 0) =>
      fitted(room, least, (cut) => texts.map(cut.text).join("|"))
    expect(write(["abc", "d".repeat(50)], 60)).toBe(`abc|${"d".repeat(50)}`)
    expect(write(["abc", "d".repeat(50)], 20)).toBe(`abc|${"d".repeat(15)}…`)
    expect(write(["abc", "def"], 3)).toBe("…|…")
    expect(write(["abc", "def"], 2)).toBeNull()
    expect(write(["abcdefgh", "abcdefgh"], 15, 5)).toBe("abcdef…|abcdef…")
    expect(write(["abcdefgh", "abcdefgh"], 12, 6)).toBeNull()
  })

  it("keeps whole lines, says what is missing, and is nothing where not even that has room", () => {
    const note = (leftOut: number) => `${leftOut} left out`
    const text = "first\nsecond\nthird line\n"
    expect(wholeLines(text, 35, note)).toBe(`${text}0 left out`)
    expect(wholeLines(text, 23, note)).toBe("first\n18 left out")
    expect(wholeLines(text, 11, note)).toBe("24 left out")
    expect(wholeLines(text, 10, note)).toBe("")
  })

  it("is cut before anything is escaped, and between characters", () => {
    const cut = cutTo(3)
    expect(markdownValue('"a|||"', cut)).toBe("a\\|\\|…")
    expect(markdownValue('"ab😀😀"', cut)).toBe("ab…")
    expect(cut.leftOut()).toBe(1 + 4)
    expect(cutTo(0).text("😀")).toBe("…")
  })

  it("has no link that leads elsewhere", () => {
    expect(markdownLink("Title", "https://a.example/", cutTo(18))).toBe("[Title](https://a.example/)")
    expect(markdownLink("A long title", "https://a.example/", cutTo(18))).toBe(
      "[A long title](https://a.example/)",
    )
    const long = markdownLink("Title", `https://a.example/${"x".repeat(99)}`, cutTo(18))
    expect(long).not.toContain("](")
    expect(long).toHaveLength(19)
  })
})
