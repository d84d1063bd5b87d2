// @ts-check
/** @import { AddedAnswer, MultitaskAnswer, MultitaskRequest, Problem } from "../../types.js" */
/** @import { Attempt } from "../shared/attempt.js" */
/** @import { Plan, Suggestion } from "./planner.js" */
/** @import { History } from "./history.js" */
/** @import { Submitted } from "./submitted.js" */

import { own } from "../shared/dom.js"
import { attemptIn, isForgotten, newAttempt } from "../shared/attempt.js"
import { durationRange, plural } from "../shared/format.js"
import { confirmed } from "./confirm.js"
import { doubtsOf } from "./doubts.js"
import { randomKey } from "../shared/client.js"
import { hash } from "../shared/hash.js"
import { exactly, shareOf } from "../shared/money.js"
import { CREATE, makePlan } from "./planner.js"
import { requestText } from "./request.js"
import { send } from "../shared/send.js"
import { signOf } from "./sign.js"

/**
 * @typedef {{ sign: string, rows: number, answer: MultitaskAnswer, key?: string }} Trial `key`: what its group is asked
 *   to add goes under keys made of it, the same in each tab that a draft was copied to
 *
 * The form: `fresh` reads it as if nothing had been suggested yet; `check` shows what is wrong with it, and is false then.
 * @typedef {{
 *   read: (fresh?: boolean) => MultitaskRequest, check: () => boolean, apiKey: () => string, budget: () => number | null,
 *   askAbove: () => number, suggested: (suggestion: Suggestion) => void, draw: () => void, keep: () => void,
 *   refuse: (problems: readonly Problem[], taskgroupId?: string | null) => void
 * }} Form
 */

export const TRIAL_ROWS = 3
/** They only bound how many rows there are, which may grow after a trial. */
const BOUNDS = ["limit", "max_cost_usd"]

/** What is planned, tried and run, in this order; kept with the draft. */
export class Orders {
  /** What is under way, in a word; nothing: nothing is, or an answer is waited for. */
  busy = ""
  #isUnderWay = false
  /** @type {Plan | null} */
  #plan = null
  /** @type {Trial | null} */
  #trial = null
  /** @type {Attempt | null} */
  #attempt = null
  /** With which API key that was sent, which is kept nowhere: to another account it would be another request. */
  #sentWith = ""
  /** The request whose rows have been started. @type {string | null} */
  #done = null
  /** The group that stands above the form, and how many rows of it are shown there. @type {{ answer: MultitaskAnswer, rows: number } | null} */
  #shown = null
  /** What of the same request was started last. @type {{ sign: string, rows: number } | null} */
  #started = null

  /** @param {Form} form @param {History} history @param {Submitted} submitted */
  constructor(form, history, submitted) {
    this.form = form
    this.history = history
    this.submitted = submitted
  }

  /** Current as long as the form says the same. */
  get plan() {
    return this.#plan?.sign === signOf(this.form.read()) ? this.#plan : null
  }

  /** The trial that Run goes on with. */
  get trial() {
    const request = this.form.read()
    if ("url" in request.inputs) return null
    return this.#trial?.sign === signOf(request, BOUNDS) ? this.#trial : null
  }

  /** Rows that were tried, and will be paid again. */
  get triedInVain() {
    return this.trial === null && !this.isDone ? (this.#trial?.rows ?? 0) : 0
  }

  get isDone() {
    return this.#done !== null && this.#done === signOf(this.form.read())
  }

  /** How many of the first rows were started before, when now there are others beside them. */
  get startedBefore() {
    if (this.isDone || this.trial !== null) return 0
    return this.#started?.sign === signOf(this.form.read(), BOUNDS) ? this.#started.rows : 0
  }

  /** What was sent, as long as nobody knows what became of it. */
  get unknown() {
    return this.#attempt?.unknown ? this.#attempt : null
  }

  draft() {
    return {
      plan: this.#plan,
      trial: this.#trial,
      attempt: this.#attempt,
      done: this.#done,
      started: this.#started,
      shown: this.#shown,
    }
  }

  /** @param {unknown} saved what `draft` made */
  restore(saved) {
    const [plan, trial, shown] = [own(saved, "plan"), own(saved, "trial"), own(saved, "shown")]
    this.#plan = typeof own(plan, "sign") === "string" ? plan : null
    this.#trial = typeof own(own(trial, "answer"), "taskgroup_id") === "string" ? trial : null
    this.#attempt = attemptIn(own(saved, "attempt"))
    this.#done = own(saved, "done") ?? null
    this.#started = own(saved, "started") ?? null
    this.#shown = typeof own(own(shown, "answer"), "taskgroup_id") === "string" ? shown : null
    if (this.#shown) this.submitted.show(this.#shown.answer, { quietly: true, rows: this.#shown.rows })
  }

  suggest() {
    return this.#alone(() => this.#makePlan(true))
  }

  run() {
    if (this.isDone) return
    return this.#alone(async () => {
      const plan = this.plan ?? (await this.#makePlan(false))
      if (plan && plan.rows > (this.trial?.rows ?? 0)) await this.#order(plan, this.trial, plan.rows)
    })
  }

  tryOut() {
    return this.#alone(async () => {
      const plan = this.plan ?? (await this.#makePlan(false))
      if (plan) await this.#order(plan, null, Math.min(TRIAL_ROWS, plan.rows))
    })
  }

  /** @param {() => Promise<unknown>} act */
  async #alone(act) {
    if (this.#isUnderWay || !this.form.check()) return
    this.#isUnderWay = true
    try {
      await act()
    } finally {
      this.#isUnderWay = false
      this.#enter("")
      this.form.keep()
    }
  }

  /** @param {string} word */
  #enter(word) {
    this.busy = word
    this.form.draw()
  }

  /** @param {boolean} fresh whether suggestions are made anew */
  async #makePlan(fresh) {
    const plan = await makePlan(this.form, fresh, (body) => {
      this.#enter("Planning…")
      return this.#send({ path: CREATE, body, idempotencyKey: null })
    })
    if (plan !== null) this.#plan = plan
    return plan
  }

  /** @template A @param {Parameters<typeof send>[0]} request @returns {Promise<import("../shared/send.js").Outcome<A>>} */
  #send(request) {
    return send(request, this.form.apiKey(), () => this.#enter("Trying again…"))
  }

  /** @param {Plan} plan @param {Trial | null} trial whose rows are left out @param {number} to */
  async #order(plan, trial, to) {
    const request = this.form.read()
    const from = trial?.rows ?? 0
    const usd = plan.usd === null ? null : shareOf(plan.usd, to - from, plan.rows)
    const sign = `${plan.sign}:${from}-${to}`
    const earlier = this.#attempt
    const apiKey = this.form.apiKey()
    const isOther = this.#sentWith !== "" && this.#sentWith !== apiKey
    const isSame = earlier?.sign === sign && !isForgotten(earlier) && !isOther
    const doubts = earlier?.unknown && !isSame ? await doubtsOf(earlier, this.history.list) : []
    const rows = plural(to - from, "row")
    if (usd === null || usd > this.form.askAbove() || doubts.length > 0) {
      const again = this.triedInVain
      const lines = [
        ...doubts,
        usd === null ? `${plan.processor} has no price that is known here.` : "",
        again > 0 ? `${plural(again, "row")} that were tried are paid again.` : "",
        `With ${plan.processor}${plan.seconds ? `, about ${durationRange([plan.seconds.min, plan.seconds.max])} in all` : ""}.`,
      ].filter(Boolean)
      this.#enter("")
      if (!(await confirmed(usd === null ? `Run ${rows}` : `Run ${rows} for ${exactly(usd)}`, lines))) return
    }
    const taskgroupId = trial?.answer.taskgroup_id ?? null
    const fresh = newAttempt(sign, to - from)
    const key = trial?.key ? `${trial.key}-${hash(`${sign} ${usd}`)}` : fresh.key
    const attempt = isSame ? earlier : { ...fresh, key, taskgroupId }
    this.#sentWith = apiKey
    // Should this page go before the answer is there, the next one knows of it.
    this.#attempt = { ...attempt, unknown: true }
    this.form.keep()
    this.#enter("Sending…")
    await (trial ? this.#addRows(request, trial, to, usd) : this.#create(request, plan, to, usd))
  }

  /** @param {MultitaskRequest} request @param {Plan} plan @param {number} to @param {number | null} usd */
  async #create(request, plan, to, usd) {
    const isTrial = to < plan.rows
    const more = new Map(request.more)
    if (isTrial || plan.limit !== null) more.set("limit", isTrial ? String(to) : String(plan.limit))
    if (usd === null) more.delete("max_cost_usd")
    else more.set("max_cost_usd", String(usd))
    const { inputs } = request
    const sent = "url" in inputs || !isTrial ? inputs : inputs.slice(0, to)
    /** @type {MultitaskAnswer | null} */
    const answer = await this.#sendOnce(
      CREATE,
      requestText({ ...request, inputs: sent, processor: plan.processor, more }),
      0,
    )
    if (answer === null) return
    if (isTrial) this.#trial = { sign: signOf(request, BOUNDS), rows: to, answer, key: randomKey() }
    else this.#end(request, to)
    this.#show(request, answer, isTrial ? to : 0)
  }

  /** @param {MultitaskRequest} request @param {Trial} trial @param {number} to @param {number | null} usd */
  async #addRows(request, trial, to, usd) {
    const rows = "url" in request.inputs ? [] : request.inputs.slice(trial.rows, to)
    const cap = usd === null ? "" : `,"max_cost_usd":${usd}`
    const path = `/${encodeURIComponent(trial.answer.taskgroup_id)}/inputs`
    /** @type {AddedAnswer | null} */
    const added = await this.#sendOnce(path, `{"inputs":[${rows.join(",")}]${cap}}`, trial.rows)
    if (added === null) return
    const before = trial.answer.estimated_cost_usd
    const sum = usd === null || before === null ? null : shareOf(usd + before, 1, 1)
    const { num_inputs, warnings } = added
    this.#end(request, to)
    this.#show(request, { ...trial.answer, num_inputs, warnings, estimated_cost_usd: sum }, trial.rows)
  }

  /**
   * Under the attempt's key; null when it was refused, which is said.
   * @template A @param {string} path @param {string} body @param {number} skipped rows before those that are sent
   * @returns {Promise<A | null>}
   */
  async #sendOnce(path, body, skipped) {
    /** @type {import("../shared/send.js").Outcome<A>} */
    let outcome = await this.#send({ path, body, idempotencyKey: this.#attempt?.key ?? null })
    if (outcome.ok && typeof own(outcome.answer, "taskgroup_id") !== "string") {
      const problems = [{ path: "", message: "The server's answer names no group." }]
      outcome = { ok: false, problems, status: 0, unknown: true, unchanged: false, taskgroupId: null }
    }
    if (outcome.ok) {
      this.#attempt = null
      return outcome.answer
    }
    const { problems, status, unknown, taskgroupId } = outcome
    const sent = this.#attempt
    this.#attempt = unknown && sent ? { ...sent, taskgroupId: taskgroupId ?? sent.taskgroupId } : null
    // Its group is gone; its rows have been paid all the same.
    if (status === 404 && skipped > 0 && this.#trial) this.#trial = { ...this.#trial, sign: "" }
    const moved = problems.map((problem) => ({
      ...problem,
      path: problem.path.replace(/^inputs\[(\d+)\]/, (_, at) => `inputs[${Number(at) + skipped}]`),
    }))
    this.form.refuse(moved, taskgroupId)
    return null
  }

  /** @param {MultitaskRequest} request whose rows are all started @param {number} rows */
  #end(request, rows) {
    this.#done = signOf(request)
    this.#started = { sign: signOf(request, BOUNDS), rows }
    this.#trial = null
  }

  /** @param {MultitaskRequest} request @param {MultitaskAnswer} answer @param {number} tried rows that are shown */
  #show(request, answer, tried) {
    this.history.add({
      id: answer.taskgroup_id,
      created: new Date().toISOString(),
      rows: answer.num_inputs,
      title: JSON.parse(request.more?.get("title") ?? '""'),
      what: request.output_description?.slice(0, 120) ?? "",
      processor: answer.processor,
    })
    this.#shown = { answer, rows: tried }
    this.form.keep()
    this.submitted.show(answer, { quietly: false, rows: tried })
  }
}
