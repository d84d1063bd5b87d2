// @ts-check

import { own } from "./dom.js"
import { readableText, shownText, withoutOpenBidi } from "./domain.js"

const integers = new Intl.NumberFormat("en")

/** @param {number} n */
export const count = (n) => integers.format(n)

/** @param {number} n @param {string} one @param {string} [many] */
export const plural = (n, one, many = `${one}s`) => `${count(n)} ${n === 1 ? one : many}`

/** What a group's metadata say in words, if they do. @param {unknown} metadata @param {"title" | "question"} name */
export function wordsIn(metadata, name) {
  const text = own(metadata, name)
  return typeof text === "string" && text.trim() !== "" ? withoutOpenBidi(text.trim()) : null
}

const prices = new Intl.NumberFormat("en", { minimumFractionDigits: 2, maximumFractionDigits: 3 })

/** With cents; small sums with a tenth of a cent where it counts. @param {number} usd */
export function dollars(usd) {
  if (usd === 0) return "$0"
  if (usd >= 1000) return `$${count(Math.round(usd))}`
  return usd >= 1 ? `$${usd.toFixed(2)}` : `$${prices.format(usd)}`
}

/** @param {number} seconds */
export function duration(seconds) {
  const s = Math.max(0, Math.round(seconds))
  if (s < 60) return `${s} s`
  if (s < 3600)
    return s < 600 && s % 60 ? `${Math.floor(s / 60)} min ${s % 60} s` : `${Math.round(s / 60)} min`
  if (s < 86400) {
    const minutes = Math.round((s % 3600) / 60)
    return minutes && minutes < 60 ? `${Math.floor(s / 3600)} h ${minutes} min` : `${Math.round(s / 3600)} h`
  }
  return plural(Math.round(s / 86400), "day")
}

/** @param {[number, number]} range in seconds */
export const durationRange = ([low, high]) =>
  high <= 120
    ? `${low}–${high} s`
    : `${low < 60 ? `${low} s` : `${Math.round(low / 60)}`}–${Math.round(high / 60)} min`

/** @param {string | null | undefined} iso */
export function dateTime(iso) {
  const date = iso ? new Date(iso) : null
  return date && !Number.isNaN(date.getTime())
    ? date.toLocaleString("en", { dateStyle: "medium", timeStyle: "medium" })
    : null
}

/** @param {string | null | undefined} text ISO date or HTTP date */
export function day(text) {
  const date = text ? new Date(text) : null
  return date && !Number.isNaN(date.getTime()) ? date.toLocaleDateString("en", { dateStyle: "medium" }) : null
}

/** The time of day, with the day where it is another than today. @param {string} iso */
export function moment(iso) {
  const date = new Date(iso)
  if (Number.isNaN(date.getTime())) return iso
  const time = date.toLocaleTimeString("en", { hour: "2-digit", minute: "2-digit", hour12: false })
  if (date.toDateString() === new Date().toDateString()) return time
  return `${date.toLocaleDateString("en", { month: "short", day: "numeric" })}, ${time}`
}

/** @param {number} ms */
export const clock = (ms) => new Date(ms).toLocaleTimeString("en", { hour12: false })

/** @param {string | null | undefined} iso */
export function ago(iso) {
  const then = iso ? Date.parse(iso) : NaN
  if (Number.isNaN(then)) return null
  const seconds = (Date.now() - then) / 1000
  return seconds < 5 ? "just now" : `${duration(seconds)} ago`
}

/** A value's JSON text as people read it: what is searched, sorted and shown. @param {string | undefined} json */
export const plain = (json) =>
  json === undefined
    ? ""
    : json.startsWith("{") || json.startsWith("[")
      ? readableText(json)
      : shownText(json)

const labels = new Map([
  ["queued", "Queued"],
  ["running", "Running"],
  ["completed", "Done"],
  ["failed", "Failed"],
  ["cancelled", "Cancelled"],
  ["cancelling", "Cancelling"],
  ["action_required", "Parked"],
])

/** @param {string} status */
export const statusLabel = (status) => labels.get(status) ?? status

/** A class name for a status; unknown statuses share one. @param {string} status */
export const statusClass = (status) => (labels.has(status) ? status : "other")

/** @param {string} status */
export const isTerminal = (status) => status === "completed" || status === "failed" || status === "cancelled"

/** Order in which statuses are shown and sorted. @param {string} status */
export function statusRank(status) {
  const at = [
    "completed",
    "running",
    "queued",
    "action_required",
    "cancelling",
    "cancelled",
    "failed",
  ].indexOf(status)
  return at < 0 ? 7 : at
}
