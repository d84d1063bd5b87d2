// @ts-check
/**
 * A curl line as people copy it from documentation, a terminal or a browser's tools: what it would send, and which of its
 * headers must not stay in this page.
 *
 * @typedef {{ body: string, dropped: string[] }} CurlLine `dropped`: names of headers that hold a key
 */

const SECRET_HEADERS = /^(?:x-api-key|authorization|proxy-authorization|cookie|.*(?:key|token|secret).*)$/i
/** Short options that take a value. */
const WITH_VALUE = "HdXuoAbeFTmwxEKrtUyYzCcDPQ"
const DATA = new Set(["data", "data-raw", "data-binary", "data-ascii", "json"])
const LONG_WITH_VALUE =
  /^(?:header|request|user|output|user-agent|cookie|referer|url|max-time|connect-timeout|retry|proxy|cert|key|cacert|form|write-out|config)$/

/** What people copy along in front: a prompt, remarks, and variables that are set, mostly to a key. */
const IN_FRONT =
  /^(?:#[^\n]*\n\s*|(?:[$>%]|&&|export|set|\$env:[A-Za-z_]\w* ?= ?(?:"[^"\n]*"|'[^'\n]*')|[A-Za-z_]\w*=(?:"[^"\n]*"|'[^'\n]*'|[^\s"';&]*))(?:;\s*|\s+))+(?=curl)/

/** @param {string} text */
const withoutFront = (text) => text.trimStart().replace(IN_FRONT, "")

/** @param {string} text */
export const isCurl = (text) => /^curl(?:\.exe)?\s/.test(withoutFront(text))

/** @param {string} text @returns {CurlLine | { problem: string }} */
export function readCurl(text) {
  const shell = readShell(withoutCarets(withoutFront(text)))
  if ("problem" in shell) return shell
  /** @type {{ value: string, mayBeFile: boolean }[]} */
  const data = []
  /** @type {string[]} */
  const dropped = []
  for (const { name, value } of options(shell.words)) {
    if (name === "d" || DATA.has(name)) data.push({ value, mayBeFile: name !== "data-raw" })
    else if (name === "data-urlencode" || name === "F" || name === "form")
      return { problem: "The curl line sends a form, not JSON. Give its rows themselves." }
    else if (name === "u" || name === "user") dropped.push("user")
    else if (name === "b" || name === "cookie") dropped.push("cookie")
    else if (name === "H" || name === "header") {
      const header = value.slice(0, value.indexOf(":")).trim()
      if (SECRET_HEADERS.test(header)) dropped.push(header)
    }
  }
  if (data.length === 0)
    return {
      problem: "The curl line sends no body: its rows would stand behind --data. Copy all of its lines.",
    }
  const bodies = []
  for (const { value, mayBeFile } of data) {
    if (!mayBeFile || !value.startsWith("@")) bodies.push(value)
    else if (value === "@-" && shell.stdin !== null) bodies.push(shell.stdin)
    else
      return {
        problem: `The curl line reads its body from ${value === "@-" ? "what is piped into it" : `the file ${value.slice(1)}`}, which a page cannot. Drop that file here.`,
      }
  }
  return { body: bodies.join("&"), dropped }
}

/**
 * As a POSIX shell has it, where it is for the command line of Windows: browsers write a caret before whatever means
 * something there, people only where a line goes on. @param {string} text
 */
function withoutCarets(text) {
  if (/^\S+\s+\^"/.test(text)) return text.replace(/\^(?:\r?\n|([^]))/g, (_, char) => char ?? " ")
  return /^[^\n']*\^\r?\n/.test(text) ? text.replace(/\^\r?\n/g, " ") : text
}

/** @param {string[]} words */
function* options(words) {
  for (let at = 1; at < words.length; at++) {
    const word = /** @type {string} */ (words[at])
    if (word.startsWith("--")) {
      const [, name = "", value] = /^--([^=]+)(?:=([^]*))?$/.exec(word) ?? []
      const takes = DATA.has(name) || name === "data-urlencode" || LONG_WITH_VALUE.test(name)
      yield { name, value: value ?? (takes ? (words[++at] ?? "") : "") }
    } else if (word.startsWith("-") && word.length > 1) {
      const short = Array.from(word.slice(1))
      const takes = short.findIndex((letter) => WITH_VALUE.includes(letter))
      if (takes < 0) continue
      const value = short.slice(takes + 1).join("") || (words[++at] ?? "")
      yield { name: /** @type {string} */ (short[takes]), value }
    }
  }
}

/** Escapes of `$'…'`. @type {{ [letter: string]: string }} */
const ANSI = { n: "\n", t: "\t", r: "\r", a: "\x07", b: "\b", e: "\x1b", f: "\f", v: "\v" }

/**
 * The words of a POSIX shell's first command, and what a here-document or here-string gives it.
 * @param {string} text @returns {{ words: string[], stdin: string | null } | { problem: string }}
 */
function readShell(text) {
  /** @type {string[]} */
  const words = []
  /** @type {string | null} */
  let word = null
  /** @type {string | null} */
  let stdin = null
  /** What the next word is: an operator stands before it. @type {string} */
  let before = ""
  let at = 0
  const end = () => {
    if (word === null) return
    if (before === "<<<") stdin = `${word}\n`
    else if (before.startsWith("<<")) stdin = hereDocument(text, at, word, before === "<<-")
    else if (before === "") words.push(word)
    before = ""
    word = null
  }
  while (at < text.length) {
    const c = /** @type {string} */ (text[at])
    if (c === "\n" && word === null && before === "") break
    if (/\s/.test(c)) {
      end()
      if (c === "\n") break
      at++
    } else if (c === "'" || c === '"' || text.startsWith("$'", at)) {
      const quoted = c === "'" ? single(text, at) : c === '"' ? double(text, at) : ansi(text, at)
      if (quoted === null)
        return { problem: `The curl line has a quote that is never closed, in line ${lineOf(text, at)}.` }
      word = (word ?? "") + quoted.value
      at = quoted.end
    } else if (c === "\\") {
      const isJoined = /^\r?\n/.exec(text.slice(at + 1, at + 3))
      if (!isJoined) word = (word ?? "") + (text[at + 1] ?? "")
      at += isJoined ? 1 + isJoined[0].length : 2
    } else if (c === "<" || c === ">") {
      end()
      before = /^(?:<<<|<<-|<<|<|>>|>)/.exec(text.slice(at))?.[0] ?? c
      at += before.length
    } else if (c === "|" || c === ";" || c === "&") {
      end()
      break
    } else {
      word = (word ?? "") + c
      at++
    }
  }
  end()
  return { words, stdin }
}

/** @param {string} text @param {number} at */
const lineOf = (text, at) => text.slice(0, at).split("\n").length

/** @param {string} text @param {number} at of the quote */
function single(text, at) {
  const end = text.indexOf("'", at + 1)
  return end < 0 ? null : { value: text.slice(at + 1, end), end: end + 1 }
}

/** @param {string} text @param {number} at of the quote */
function double(text, at) {
  const [whole, inner] = /"((?:[^"\\]|\\[^])*)"/y.exec(text.slice(at)) ?? []
  if (whole === undefined || inner === undefined) return null
  return {
    value: inner.replace(/\\(\r?\n|[^])/g, (all, c) => (/[\n]/.test(c) ? "" : /["\\$`]/.test(c) ? c : all)),
    end: at + whole.length,
  }
}

/** @param {string} text @param {number} at of the dollar sign */
function ansi(text, at) {
  const [whole, inner] = /\$'((?:[^'\\]|\\[^])*)'/y.exec(text.slice(at)) ?? []
  if (whole === undefined || inner === undefined) return null
  const value = inner.replace(
    /\\(?:x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|U([0-9a-fA-F]{1,8})|([0-7]{1,3})|([^]))/g,
    (_, x, u, long, octal, c) => {
      const code = x ?? u ?? long
      if (code !== undefined) return character(parseInt(code, 16))
      return octal === undefined ? (ANSI[c] ?? c) : character(parseInt(octal, 8))
    },
  )
  return { value, end: at + whole.length }
}

/** @param {number} code */
const character = (code) =>
  code > 0x10ffff ? "\ufffd" : code < 0x10000 ? String.fromCharCode(code) : String.fromCodePoint(code)

/** @param {string} text @param {number} at somewhere in the line of the operator @param {string} name @param {boolean} isIndented */
function hereDocument(text, at, name, isIndented) {
  const start = text.indexOf("\n", at)
  if (start < 0) return ""
  const lines = text.slice(start + 1).split(/\r?\n/)
  const shown = isIndented ? lines.map((line) => line.replace(/^\t+/, "")) : lines
  const end = shown.indexOf(name)
  return `${shown.slice(0, end < 0 ? undefined : end).join("\n")}\n`
}
