/// <reference lib="dom" />
import { type ChildProcess, spawn } from "node:child_process"
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"

/**
 * Firefox as Debian has it, driven by WebDriver BiDi (https://w3c.github.io/webdriver-bidi/) over Node's own WebSocket:
 * playwright-core drives only builds of its own, and other drivers bring fifty times this code along.
 */
const PATHS = [process.env.FIREFOX_PATH, "/usr/bin/firefox-esr", "/usr/bin/firefox"]

/** Nothing but loopback is asked for: typefaces and Tailwind are refused by a proxy that is not there. */
const PREFERENCES: { readonly [name: string]: string | number | boolean } = {
  "network.proxy.type": 1,
  "network.proxy.http": "127.0.0.1",
  "network.proxy.http_port": 9,
  "network.proxy.ssl": "127.0.0.1",
  "network.proxy.ssl_port": 9,
  "network.proxy.no_proxies_on": "localhost, 127.0.0.1",
  "app.update.enabled": false,
  "browser.shell.checkDefaultBrowser": false,
  "datareporting.policy.dataSubmissionEnabled": false,
  "toolkit.telemetry.reportingpolicy.firstRun": false,
  "browser.download.folderList": 2,
  // A window that nobody looks at has the focus all the same: else keys press no buttons.
  "focusmanager.testmode": true,
  "browser.download.always_ask_before_handling_new_types": false,
}

const LIMIT_MS = 30_000

export interface FirefoxOptions {
  readonly dark?: boolean
}

export class Firefox {
  /** Where downloads go. */
  readonly downloads: string
  /** Errors of pages, and violations of their policy. */
  readonly alarms: Array<string> = []
  readonly #child: ChildProcess
  readonly #profile: string
  readonly #waiting = new Map<number, (message: Message) => void>()
  #socket: WebSocket | undefined
  #context = ""
  #id = 0

  private constructor(child: ChildProcess, profile: string) {
    this.#child = child
    this.#profile = profile
    this.downloads = join(profile, "downloads")
  }

  static async launch({ dark = false }: FirefoxOptions = {}): Promise<Firefox> {
    const path = PATHS.find((one) => one !== undefined && existsSync(one))
    if (path === undefined)
      throw new Error("No Firefox found. Install one (apt-get install firefox-esr) or set FIREFOX_PATH.")
    const profile = mkdtempSync(join(tmpdir(), "firefox-"))
    const all = {
      ...PREFERENCES,
      "browser.download.dir": join(profile, "downloads"),
      "layout.css.prefers-color-scheme.content-override": dark ? 0 : 1,
    }
    const lines = Object.entries(all).map(
      ([name, value]) => `user_pref("${name}", ${JSON.stringify(value)});`,
    )
    writeFileSync(join(profile, "user.js"), lines.join("\n"))
    const child = spawn(
      path,
      ["--headless", "--no-remote", "--profile", profile, "--remote-debugging-port", "0"],
      {
        stdio: ["ignore", "ignore", "pipe"],
      },
    )
    const firefox = new Firefox(child, profile)
    try {
      await firefox.#connect(child)
    } catch (error) {
      await firefox.close()
      throw error
    }
    return firefox
  }

  async #connect(child: ChildProcess) {
    const address = await inTime<string>("Firefox says where it listens", (done, fail) => {
      child.once("exit", (code) => fail(new Error(`Firefox ended with ${code}`)))
      createInterface({ input: child.stderr as NonNullable<typeof child.stderr> }).on("line", (line) => {
        const [, found] = /WebDriver BiDi listening on (ws:\S+)/.exec(line) ?? []
        if (found !== undefined) done(found)
      })
    })
    const socket = new WebSocket(`${address}/session`)
    this.#socket = socket
    socket.addEventListener("message", ({ data }) => this.#take(JSON.parse(String(data)) as Message))
    await inTime("a connection to Firefox", (done, fail) => {
      socket.addEventListener("open", done)
      socket.addEventListener("error", () => fail(new Error("Firefox refused the connection")))
    })
    await this.#send("session.new", { capabilities: {} })
    await this.#send("session.subscribe", { events: ["log.entryAdded"] })
    const { context } = await this.#send("browsingContext.create", { type: "window" })
    this.#context = context
    await this.#send("browsingContext.activate", { context: this.#context })
  }

  #take(message: Message) {
    if (message.method === "log.entryAdded") {
      const { level, type, text } = message.params
      // Typefaces that cannot be had are no concern of the page's.
      const isOurs = /Content-Security-Policy|Trusted Types/.test(text) || type === "javascript"
      if (
        level === "error" &&
        isOurs &&
        !/^downloadable font|^Cross-Origin Request Blocked: .*woff2/.test(text)
      )
        this.alarms.push(text)
    }
    if (message.id === undefined) return
    this.#waiting.get(message.id)?.(message)
    this.#waiting.delete(message.id)
  }

  // What comes back is the protocol's, and read where it is used.
  // oxlint-disable-next-line typescript/no-explicit-any
  #send(method: string, params: object): Promise<any> {
    const id = ++this.#id
    return inTime(method, (done, fail) => {
      this.#waiting.set(id, (message) =>
        message.type === "success"
          ? done(message.result)
          : fail(new Error(`${method}: ${message.error} ${message.message}`)),
      )
      this.#socket?.send(JSON.stringify({ id, method, params }))
    })
  }

  async goto(url: string): Promise<void> {
    await this.#send("browsingContext.navigate", { context: this.#context, url, wait: "interactive" })
    await this.waitFor(() => document.documentElement.dataset.ready !== undefined)
  }

  async setViewport(width: number, height: number): Promise<void> {
    await this.#send("browsingContext.setViewport", { context: this.#context, viewport: { width, height } })
  }

  /** Runs there; takes and answers what JSON can say. */
  async evaluate<A, B extends ReadonlyArray<unknown>>(
    of: (...args: B) => A | Promise<A>,
    ...args: B
  ): Promise<A> {
    const { type, result, exceptionDetails } = await this.#send("script.callFunction", {
      functionDeclaration: `async () => JSON.stringify(await (${of.toString()})(...${JSON.stringify(args)})) ?? null`,
      awaitPromise: true,
      userActivation: true,
      target: { context: this.#context },
    })
    if (type !== "success") throw new Error(exceptionDetails.text)
    return JSON.parse(result.value ?? "null") as A
  }

  async waitFor<B extends ReadonlyArray<unknown>>(of: (...args: B) => boolean, ...args: B): Promise<void> {
    const until = performance.now() + LIMIT_MS
    while (!(await this.evaluate(of, ...args))) {
      if (performance.now() > until)
        throw new Error(`not so after ${LIMIT_MS} ms: ${of.toString()} of ${JSON.stringify(args)}`)
      await new Promise((done) => setTimeout(done, 30))
    }
  }

  /** With a real mouse, in the middle of it, once it stands still and nothing is above it. */
  async click(selector: string): Promise<void> {
    let before = ""
    let place = { x: 0, y: 0 }
    const until = performance.now() + LIMIT_MS
    for (;;) {
      const now = await this.evaluate((css) => {
        const element = document.querySelector(css)
        if (element === null) return null
        element.scrollIntoView({ block: "center", inline: "nearest", behavior: "instant" })
        const box = element.getBoundingClientRect()
        const [x, y] = [Math.round(box.x + box.width / 2), Math.round(box.y + box.height / 2)]
        return element.contains(document.elementFromPoint(x, y)) ? { x, y } : null
      }, selector)
      if (now !== null) place = now
      if (now !== null && JSON.stringify(now) === before) break
      if (performance.now() > until) throw new Error(`${selector} cannot be clicked: ${JSON.stringify(now)}`)
      before = JSON.stringify(now)
      await new Promise((done) => setTimeout(done, 30))
    }
    const { x, y } = place
    const actions = [
      { type: "pointerMove", x, y },
      { type: "pointerDown", button: 0 },
      { type: "pointerUp", button: 0 },
    ]
    await this.#act({ type: "pointer", id: "mouse", actions })
  }

  /** Key after key, into what has the focus. Keys without a character: https://w3c.github.io/webdriver/#keyboard-actions */
  async type(text: string): Promise<void> {
    const actions = Array.from(text).flatMap((value) => [
      { type: "keyDown", value },
      { type: "keyUp", value },
    ])
    await this.#act({ type: "key", id: "keys", actions })
  }

  async #act(source: object) {
    await this.#send("input.performActions", { context: this.#context, actions: [source] })
  }

  /** A PNG of what is in sight. */
  async screenshot(): Promise<Buffer> {
    const { data } = await this.#send("browsingContext.captureScreenshot", { context: this.#context })
    return Buffer.from(data, "base64")
  }

  async close(): Promise<void> {
    if (this.#socket?.readyState === WebSocket.OPEN) await this.#send("browser.close", {}).catch(() => {})
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const ended = new Promise((done) => this.#child.once("exit", done))
      this.#child.kill("SIGKILL")
      await ended
    }
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 5 })
  }
}

interface Message {
  readonly id?: number
  readonly type?: string
  readonly method?: string
  readonly error?: string
  readonly message?: string
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly [field: string]: any
}

export const KEYS = { enter: "\uE006", escape: "\uE00C", tab: "\uE004", down: "\uE015" }

const inTime = <A>(
  what: string,
  act: (done: (value: A | PromiseLike<A>) => void, fail: (error: Error) => void) => void,
): Promise<A> =>
  new Promise((done, fail) => {
    const timer = setTimeout(() => fail(new Error(`${what}: nothing after ${LIMIT_MS} ms`)), LIMIT_MS)
    const first =
      <B>(then: (value: B) => void) =>
      (value: B) => {
        clearTimeout(timer)
        then(value)
      }
    act(first(done), first(fail))
  })
