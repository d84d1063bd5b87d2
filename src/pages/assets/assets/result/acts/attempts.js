// @ts-check
/** @import { Attempt } from "../../shared/attempt.js" */
/** @import { ActName } from "./standing.js" */

import { attemptIn, isForgotten, newAttempt } from "../../shared/attempt.js"
import { own } from "../../shared/dom.js"
import { hash } from "../../shared/hash.js"

/**
 * What is sent for an act; without a body where none is needed, or where this browser had no room to keep it.
 * @typedef {{ method: "POST" | "DELETE", path: string, body?: string | undefined }} ActRequest
 *
 * An act that was sent. `label` is what its button said, `before` what the group was at then.
 * @typedef {Attempt & { act: ActName, label: string, paid: boolean, before: string, request: ActRequest | null }} Pending
 */

/**
 * The acts of a group that nobody has answered yet, each under its idempotency key until it is settled. They belong to
 * this tab and survive a reload; the API key they were sent with is kept nowhere.
 */
export class Attempts {
  /** @type {Map<ActName, Pending>} */
  #pending = new Map()
  /** @type {Map<ActName, string>} */
  #sentWith = new Map()
  #stored

  /** @param {string} id the group's */
  constructor(id) {
    this.#stored = `parallel-multitask:acts:${id}`
    for (const saved of this.#load()) {
      const pending = pendingIn(saved)
      if (pending !== null) this.#pending.set(pending.act, pending)
    }
  }

  /** @returns {Pending[]} */
  get list() {
    return [...this.#pending.values()]
  }

  /** @param {ActName} act */
  of(act) {
    return this.#pending.get(act) ?? null
  }

  /** Whether it would be another request to the server by now. @param {Pending} pending @param {string} apiKey nothing: not known yet */
  isOther({ act }, apiKey) {
    const sentWith = this.#sentWith.get(act)
    return sentWith !== undefined && apiKey !== "" && sentWith !== apiKey
  }

  /**
   * The act is about to be sent: the same as before keeps its idempotency key.
   * @param {ActName} act @param {ActRequest} request @param {{ label: string, rows: number, paid: boolean, before: string }} about @param {string} apiKey
   */
  begin(act, request, about, apiKey) {
    const sign = hash(`${request.method} ${request.path} ${request.body ?? ""}`)
    const earlier = this.of(act)
    const isSame =
      earlier?.sign === sign && !isForgotten(earlier) && !this.isOther(earlier, apiKey) ? earlier : null
    const attempt = isSame ?? newAttempt(sign, about.rows)
    /** @type {Pending} */
    const pending = { ...attempt, ...about, ...(isSame ? { before: isSame.before } : {}), act, request }
    // Should this page go before the answer is there, the next one knows of it.
    pending.unknown = true
    this.#pending.set(act, pending)
    this.#sentWith.set(act, apiKey)
    this.#save()
    return pending
  }

  /** It is known what became of it, or nobody wants to know. @param {ActName} act */
  settle(act) {
    this.#pending.delete(act)
    this.#sentWith.delete(act)
    this.#save()
  }

  /** @returns {unknown[]} */
  #load() {
    try {
      /** @type {unknown} */
      const saved = JSON.parse(sessionStorage.getItem(this.#stored) ?? "[]")
      return Array.isArray(saved) ? saved : []
    } catch {
      return []
    }
  }

  #save() {
    const { list } = this
    const bare = list.map((one) => ({ ...one, request: null }))
    for (const what of [list, bare])
      try {
        if (list.length === 0) sessionStorage.removeItem(this.#stored)
        else sessionStorage.setItem(this.#stored, JSON.stringify(what))
        return
      } catch {
        // Without its rows it may have room; else it holds as long as the page is open.
      }
  }
}

const ACTS = ["retry", "resume", "stop", "inputs", "delete"]

/** @param {unknown} saved @returns {Pending | null} */
function pendingIn(saved) {
  const attempt = attemptIn(saved)
  const act = own(saved, "act")
  if (attempt === null || !ACTS.includes(act)) return null
  const [method, path, body] = ["method", "path", "body"].map((name) => own(own(saved, "request"), name))
  return {
    ...attempt,
    act,
    label: String(own(saved, "label")),
    paid: own(saved, "paid") === true,
    before: String(own(saved, "before")),
    request:
      typeof method === "string" && typeof path === "string"
        ? { method: method === "DELETE" ? "DELETE" : "POST", path, body }
        : null,
  }
}
