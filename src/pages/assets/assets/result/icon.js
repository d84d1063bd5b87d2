// @ts-check
/** @import { Look } from "../shared/domain.js" */

/** Light enough for a dark ground: the icon stands in the browser's own bar. @type {Record<Look, string>} */
const COLOURS = { well: "#4fb88d", partly: "#e3ab3c", waiting: "#e3ab3c", ill: "#f0736f", plain: "#fb631b" }

/** Shapes as well as colours, in a square of 32. @type {Record<string, string>} */
const SHAPES = {
  Complete: "M9 17l5 5 9-11",
  "Key refused": "M16 8v10M16 23v1",
  "Waiting for credit": "M16 8v10M16 23v1",
  Stopped: "M11 11h10v10h-10z",
}
const CROSS = "M10 10l12 12M22 10l-12 12"
const RADIUS = 11

/**
 * The icon of a tab: a ring that fills while rows end and keeps the share of those that did, or the end's own mark.
 * @param {number} share @param {Look} look @param {string} label of the state
 */
export function tabIcon(share, look, label) {
  const length = 2 * Math.PI * RADIUS
  const shape = SHAPES[label] ?? (look === "ill" ? CROSS : null)
  const stroke = `fill="none" stroke="${COLOURS[look]}"`
  const ring =
    `<circle cx="16" cy="16" r="${RADIUS}" fill="none" stroke="#6b645a" stroke-width="5"/>` +
    `<circle cx="16" cy="16" r="${RADIUS}" ${stroke} stroke-width="5" stroke-dasharray="${length * share} ${length}" transform="rotate(-90 16 16)"/>`
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#1d1b16"/>` +
    `${shape === null ? ring : `<path d="${shape}" ${stroke} stroke-width="4"/>`}</svg>`
  return `data:image/svg+xml,${encodeURIComponent(svg)}`
}
