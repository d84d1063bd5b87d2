// @ts-check
/** @import { PlanAnswer } from "../../types.js" */
/** @import { Form } from "./orders.js" */
/** @import { Outcome } from "../shared/send.js" */

import { exactly, rowsFor, shareOf } from "../shared/money.js"
import { requestText } from "./request.js"
import { signOf } from "./sign.js"

/**
 * What a request comes to. `sign` is of the request, `limit` is what bounds its rows, a budget included.
 * @typedef {{ sign: string, rows: number, limit: string | null, processor: string, usd: number | null,
 *   seconds: { min: number, max: number } | null, warnings: string[] }} Plan
 * @typedef {{ schema: string | null, processor: string }} Suggestion
 */

export const CREATE = "/v1beta/tasks/multitask"

/**
 * Asks for the plan of what the form says, and once more where the budget buys fewer rows: then with the schema and the
 * processor of the first. Null when it was refused, or the form has changed meanwhile, which is said.
 * @param {Form} form @param {boolean} fresh whether suggestions are made anew
 * @param {(body: string) => Promise<Outcome<PlanAnswer>>} ask @returns {Promise<Plan | null>}
 */
export async function makePlan(form, fresh, ask) {
  const before = signOf(form.read())
  const asked = form.read(fresh)
  const first = await answerTo(form, ask, asked, null)
  if (first === null || hasChanged(form, before)) return null
  const schema = first.output_schema ? JSON.stringify(first.output_schema) : null
  form.suggested({ schema, processor: first.processor })
  const sign = signOf(form.read())
  const bought = boughtOf(form, first)
  if (bought === 0) return null
  const limit = bought === null ? (asked.more?.get("limit") ?? null) : String(bought)
  const answer = bought === null ? first : await answerTo(form, ask, form.read(), limit)
  if (answer === null || hasChanged(form, sign)) return null
  return {
    sign,
    limit,
    rows: answer.num_inputs,
    processor: answer.processor,
    usd: answer.estimated_cost_usd,
    seconds: answer.estimated_seconds,
    // The first said what was suggested.
    warnings: [...new Set([...first.warnings, ...answer.warnings])],
  }
}

/**
 * @param {Form} form @param {(body: string) => Promise<Outcome<PlanAnswer>>} ask
 * @param {ReturnType<Form["read"]>} request @param {string | null} limit
 */
async function answerTo(form, ask, request, limit) {
  const more = new Map(request.more)
  // The budget would refuse what it does not buy whole.
  more.delete("max_cost_usd")
  if (limit !== null) more.set("limit", limit)
  const outcome = await ask(requestText({ ...request, more }))
  if (outcome.ok) return outcome.answer
  form.refuse(outcome.problems)
  return null
}

/** @param {Form} form @param {string} sign of what was asked about */
function hasChanged(form, sign) {
  if (signOf(form.read()) === sign) return false
  const message = "The form has changed while the plan was made. Press once more to plan what it says now."
  form.refuse([{ path: "", message }])
  return true
}

/** How many of the rows the budget buys; null when it buys all, 0 when that was refused. @param {Form} form @param {PlanAnswer} plan */
function boughtOf(form, { estimated_cost_usd: usd, num_inputs: rows, processor }) {
  const budget = form.budget()
  if (budget === null || (usd !== null && usd <= budget)) return null
  const price = usd === null ? null : shareOf(usd, 1, rows)
  const bought = price === null ? 0 : rowsFor(budget, price)
  const message =
    price === null
      ? `cannot be kept: what ${processor} costs is not known here. Choose another processor, or leave this empty.`
      : `One row costs ${exactly(price)} with ${processor}: this buys none. Raise it, or choose a cheaper processor.`
  if (bought === 0) form.refuse([{ path: "max_cost_usd", message }])
  return bought
}
