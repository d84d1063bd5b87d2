import { describe, expect, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { CharsetReader } from "../../src/domain/Charset.ts"

const read = (bytes: Uint8Array, declared: string | null = null, step = bytes.length) => {
  const reader = new CharsetReader(declared)
  let text = ""
  for (let at = 0; at < bytes.length; at += step) text += reader.push(bytes.subarray(at, at + step))
  text += reader.end()
  return reader.failure ?? text
}

const latin1 = (text: string) => Uint8Array.from(Buffer.from(text, "latin1"))
const utf8 = (text: string) => Uint8Array.from(Buffer.from(text, "utf8"))
const utf16 = (text: string, isBig = false) => {
  const bytes = Buffer.from(text, "utf16le")
  return Uint8Array.from(isBig ? bytes.swap16() : bytes)
}

describe("CharsetReader", () => {
  it.each<[string, Uint8Array, string | null, string]>([
    ["UTF-8", utf8("é€😀"), null, "é€😀"],
    ["UTF-8 with a mark", utf8("\ufeffé"), null, "é"],
    ["Latin-1 that says so", latin1("café"), "ISO-8859-1", "café"],
    ["windows-1252", Uint8Array.of(0x80, 0x93), "windows-1252", "€“"],
    ["Shift_JIS", Uint8Array.of(0x93, 0xfa, 0x96, 0x7b), "Shift_JIS", "日本"],
    ["UTF-16 with a mark", utf16("\ufeffé😀"), null, "é😀"],
    ["UTF-16, big-endian, with a mark", utf16("\ufeffé😀", true), "utf-8", "é😀"],
    ["UTF-16 that says so", utf16("日本"), "utf-16le", "日本"],
    ["UTF-16, big-endian, that only says UTF-16", utf16("[é]", true), "UTF-16", "[é]"],
    ["UTF-16 that says nothing", utf16("[é]"), null, "[é]"],
    ["a mark that contradicts the charset", utf8("\ufeffé"), "iso-8859-1", "é"],
    ["UTF-8 that says ASCII", utf8("é"), "us-ascii", "é"],
    ["nothing", utf8(""), null, ""],
    ["one byte", utf8("a"), null, "a"],
  ])("reads %s", (_, bytes, declared, text) => {
    expect(read(bytes, declared)).toBe(text)
    expect(read(bytes, declared, 1)).toBe(text)
  })

  it.each<[string, Uint8Array, string | null, object]>([
    ["Latin-1 that says nothing", latin1("a café\n"), null, { charset: "utf-8", at: 5 }],
    ["a broken character", Uint8Array.of(0x41, 0xe2, 0x82, 0x42), null, { charset: "utf-8", at: 1 }],
    ["one that breaks off", Uint8Array.of(0x41, 0x41, 0xf0, 0x9f), null, { charset: "utf-8", at: 2 }],
    ["half a character", utf16("ab\ud800c"), "utf-16le", { charset: "utf-16le", at: 4 }],
    ["Latin-1 that says ASCII", latin1("é"), "ascii", { charset: "utf-8", at: 0 }],
    ["Latin-1 that says EUC-KR", latin1("ab\u00ff"), "euc-kr", { charset: "euc-kr", at: 2 }],
  ])("names the byte: %s", (_, bytes, declared, failure) => {
    expect(read(bytes, declared)).toEqual({ _tag: "InvalidBytes", ...failure })
    expect(read(bytes, declared, 1)).toEqual({ _tag: "InvalidBytes", ...failure })
  })

  it("finds the byte in long texts, at the seams of pieces too", () => {
    for (const at of [65_533, 65_535, 65_536, 131_071, 200_001]) {
      const bytes = new Uint8Array(300_000).fill(0x61)
      bytes.set([0xc3, 0x28], at)
      for (const step of [bytes.length, 65_536, 1_000])
        expect(read(bytes, null, step)).toEqual({ _tag: "InvalidBytes", charset: "utf-8", at })
    }
  })

  it.each<[string, Uint8Array, string | null, object]>([
    ["an unknown charset", utf8("abcd"), "utf-7", { _tag: "UnknownCharset", charset: "utf-7" }],
    [
      "UTF-32",
      Uint8Array.of(0xff, 0xfe, 0, 0, 0x5b, 0, 0, 0),
      null,
      { _tag: "UnknownCharset", charset: "utf-32" },
    ],
    [
      "a workbook",
      latin1("PK\u0003\u0004…"),
      null,
      { _tag: "NotText", what: expect.stringMatching(/Excel/) },
    ],
    [
      "packed data",
      Uint8Array.of(0x1f, 0x8b, 8, 0, 0),
      null,
      { _tag: "NotText", what: expect.stringMatching(/gzip/) },
    ],
  ])("knows %s", (_, bytes, declared, failure) => {
    expect(read(bytes, declared)).toEqual(failure)
    expect(read(bytes, declared, 1)).toEqual(failure)
  })

  it.prop(
    "reads any text in any of its encodings, in pieces",
    [Schema.String, Schema.Literals([1, 2, 3, 5, 1_000])],
    ([wild, step]) => {
      const text = `[\n${wild.toWellFormed()}]`
      expect(read(utf8(text), null, step)).toBe(text)
      for (const isBig of [false, true]) expect(read(utf16(`\ufeff${text}`, isBig), null, step)).toBe(text)
    },
  )
})
