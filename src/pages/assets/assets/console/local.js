// @ts-check
/** @import { QueryResult } from "../../types.js" */
/** @import { Answered, Asked, Failed, Loaded, Told } from "../lazy/sqliteWorker.js" */
/** @import { Progress } from "../sqlite/load.js" */
/** @import { Answer } from "../sqlite/answer.js" */

import { QueryError } from "./ask.js"

/** The group's rows in SQLite, in a worker of this page. */

const WORKER = "/assets/made/sqliteWorker.js"

/** @typedef {Loaded} Facts */

/** It was ended before it was done; nobody need be told. */
export class Stopped extends Error {}

/** The address of a worker, where the page's policy wants it to come from code that names it. */
function workerUrl() {
  const types =
    /** @type {{ trustedTypes?: { createPolicy(name: string, rules: object): { createScriptURL(url: string): string } } }} */ (
      /** @type {unknown} */ (globalThis)
    ).trustedTypes
  return types?.createPolicy("sqlite", { createScriptURL: () => WORKER }).createScriptURL(WORKER) ?? WORKER
}

/** A policy is made once. @type {string | null} */
let url = null

/** Each name once, as the server has it. @param {Answer} answer @returns {QueryResult} */
function resultOf({ columns, rows, ms }) {
  const taken = new Set()
  const headers = columns.map((displayName) => {
    let name = displayName
    for (let n = 0; taken.has(name); n++) name = `__${displayName}_${n}`
    taken.add(name)
    return { name, displayName }
  })
  return {
    headers,
    rows: rows.map((row) => Object.fromEntries(headers.map(({ name }, at) => [name, row[at]]))),
    stat: { queryDurationMs: ms },
  }
}

export class LocalDatabase {
  /** @type {Worker | null} */
  #worker = null
  /** What is being waited for: one thing at a time. @type {{ resolve: (answer: any) => void, reject: (error: Error) => void } | null} */
  #waiting = null
  /** @type {Promise<Facts> | null} */
  #loading = null
  #group
  #onProgress
  /** The rows that are there; null while there are none. @type {Facts | null} */
  facts = null

  /** @param {string} group its address, without a format @param {(progress: Progress) => void} onProgress */
  constructor(group, onProgress) {
    this.#group = group
    this.#onProgress = onProgress
  }

  get isRunning() {
    return this.#waiting !== null && this.#loading === null
  }

  get isLoading() {
    return this.#loading !== null
  }

  /** Whoever asks while rows are loaded gets the same ones. @returns {Promise<Facts>} */
  load() {
    if (this.#loading !== null) return this.#loading
    this.facts = null
    this.#loading = this.#send(/** @type {Asked} */ ({ type: "load", group: this.#group })).then(
      (/** @type {Loaded} */ loaded) => {
        this.#loading = null
        return (this.facts = loaded)
      },
      (error) => {
        this.#loading = null
        // Half a database is of no use, and its memory is free when the worker ends.
        this.#end()
        throw error
      },
    )
    return this.#loading
  }

  /** @param {string} sql @returns {Promise<{ result: QueryResult, cut: boolean, changed: number }>} */
  async query(sql) {
    const { answer } = /** @type {Answered} */ (await this.#send({ type: "query", sql }))
    return { result: resultOf(answer), cut: answer.cut, changed: answer.changed }
  }

  /** Nothing interrupts a statement from outside, so the whole worker ends, and its rows with it. */
  stop() {
    this.#end()
    this.#waiting?.reject(new Stopped("stopped"))
    this.#waiting = null
  }

  #end() {
    this.#worker?.terminate()
    this.#worker = null
    this.facts = null
  }

  /** @param {Asked} asked @returns {Promise<any>} */
  #send(asked) {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject }
      this.#worker ??= this.#start()
      this.#worker.postMessage(asked, [])
    })
  }

  #start() {
    const worker = new Worker((url ??= workerUrl()), { type: "module", name: "SQLite" })
    worker.addEventListener(
      "message",
      (/** @type {MessageEvent<Told | Loaded | Answered | Failed>} */ { data }) => {
        if (worker !== this.#worker) return
        if (data.type === "progress") return this.#onProgress(data)
        const waiting = this.#waiting
        this.#waiting = null
        if (data.type === "failed") waiting?.reject(new QueryError(data.message))
        else waiting?.resolve(data)
      },
    )
    worker.addEventListener("error", (event) => {
      event.preventDefault()
      if (worker !== this.#worker) return
      this.#end()
      this.#waiting?.reject(
        new QueryError(
          "SQLite cannot be loaded into this browser: the server cannot be reached, or the browser refuses it.",
        ),
      )
      this.#waiting = null
    })
    return worker
  }
}
