// @ts-check
/** Prices are multiples of a tenth of a cent, and sums of them are computed in these. */

/** @param {number} usd */
const tenths = (usd) => Math.round(usd * 1000)

/** What a part of the rows costs, when all of them cost that. @param {number} usd @param {number} part @param {number} all */
export const shareOf = (usd, part, all) => (all === 0 ? 0 : Math.round((tenths(usd) * part) / all) / 1000)

/** How many rows an amount buys. @param {number} budget @param {number} price of one */
export const rowsFor = (budget, price) => Math.floor(Math.floor(budget * 1000 + 1e-6) / tenths(price))

const sums = new Intl.NumberFormat("en", { minimumFractionDigits: 2, maximumFractionDigits: 3 })

/** To the last tenth of a cent: what is agreed to. @param {number} usd */
export const exactly = (usd) => `$${sums.format(usd)}`

const STORED = "parallel-multitask:ask-above"
const FIRST = 10

/** Above this sum Run asks; kept in this browser. */
export class Threshold {
  /** @param {HTMLInputElement} field */
  constructor(field) {
    this.field = field
    field.value = String(askAbove())
    field.addEventListener("change", () => {
      const amount = amountIn(field.value)
      if (amount === null) field.value = String(askAbove())
      else store(amount)
    })
  }

  get usd() {
    return amountIn(this.field.value) ?? askAbove()
  }
}

/** @param {string} text */
const amountIn = (text) => (/^\d{1,9}(\.\d{1,3})?$/.test(text.trim()) ? Number(text) : null)

/** Above this sum it is asked, in dollars: what this browser keeps. */
export function askAbove() {
  try {
    return amountIn(localStorage.getItem(STORED) ?? "") ?? FIRST
  } catch {
    return FIRST
  }
}

/** @param {number} usd */
function store(usd) {
  try {
    localStorage.setItem(STORED, String(usd))
  } catch {
    // It holds as long as the page is open.
  }
}
