import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, afterEach, beforeAll } from "vitest"
import { nextFree } from "../../scripts/lib/ports.ts"
import { type Group, membersOf, startGroup } from "../../scripts/lib/process-group.ts"
import { simulatorCommand, wranglerCommand, wranglerEnv } from "../../scripts/start/commands.ts"
import type { Constants } from "../../src/domain/Constants.ts"
import { recordAnswers } from "./recordAnswers.ts"
import { simulatorControl } from "./simulatorControl.ts"
import { until } from "./until.ts"

/**
 * The real `wrangler dev` and the simulator, started by the commands of `npm start`, each in a process group of its own
 * on a free port, with its state in a temporary folder. Both can be killed and started again on that state.
 */

const READY_MS = 60_000

/** Ports away from the defaults, and in another place for every test file: whoever else tests here takes others. */
export const freePort = (taken: ReadonlyArray<number> = []) =>
  nextFree(20_000 + Math.floor(Math.random() * 20_000), taken)

export interface Options {
  /** Variables of the Worker. */
  readonly vars?: Readonly<Record<string, string | number>>
  /** What else is other than in production; absent: the product's own entry runs. */
  readonly constants?: Partial<Constants>
  /** What the simulator does to begin with, also after a restart. */
  readonly scenario?: object
  /** Of what the simulator makes up: the same requests get the same answers. */
  readonly seed?: string
}

export class Servers {
  readonly root = mkdtempSync(join(tmpdir(), "multitask-e2e-"))
  readonly logs = join(this.root, "logs")
  readonly state = join(this.root, "worker")
  readonly simulatorData = join(this.root, "simulator")
  readonly #options: Options
  #worker: Group | null = null
  #simulator: Group | null = null
  #port = 0
  #simulatorPort = 0
  #starts = 0
  readonly control = simulatorControl(() => this.simulatorUrl)

  constructor(options: Options) {
    this.#options = options
    mkdirSync(this.logs)
  }

  get url() {
    return `http://127.0.0.1:${this.#port}`
  }
  get simulatorUrl() {
    return `http://127.0.0.1:${this.#simulatorPort}`
  }
  /** The leader of wrangler's process group. */
  get workerPid() {
    if (this.#worker === null) throw new Error("the Worker does not run")
    return this.#worker.pid
  }

  async start(): Promise<void> {
    this.#port = await freePort()
    this.#simulatorPort = await freePort([this.#port])
    await this.startSimulator()
    await this.startWorker()
  }

  async startWorker(): Promise<void> {
    const { vars = {}, constants } = this.#options
    const all = constants === undefined ? vars : { ...vars, TEST_CONSTANTS: JSON.stringify(constants) }
    const wranglerArgs = [
      "--inspector-port",
      "0",
      // Not right behind a --var, which would take it.
      ...(constants === undefined ? [] : ["test/worker/support/worker.ts"]),
      ...Object.entries(all).flatMap(([name, value]) => ["--var", `${name}:${value}`]),
    ]
    this.#worker = startGroup({
      name: "wrangler dev",
      command: wranglerCommand(
        { data: this.root, realApi: false, wranglerArgs },
        this.#port,
        this.simulatorUrl,
      ),
      // Without the traces that wrangler dev keeps beside the objects' databases: they hold every address it calls.
      env: wranglerEnv(this.root),
      log: this.#log("worker"),
    })
    await answering(this.#worker, this.url)
  }

  async startSimulator(): Promise<void> {
    const scenario = JSON.stringify(this.#options.scenario ?? {})
    const { seed } = this.#options
    this.#simulator = startGroup({
      name: "simulator",
      command: [
        ...simulatorCommand(this.root, this.#simulatorPort),
        "--scenario",
        scenario,
        ...(seed === undefined ? [] : ["--seed", seed]),
      ],
      log: this.#log("simulator"),
    })
    await answering(this.#simulator, `${this.simulatorUrl}/_sim`)
  }

  #log(of: string) {
    return join(this.logs, `${of}-${++this.#starts}.log`)
  }

  /** SIGKILL for wrangler, its Node, esbuild and workerd at once; resolves when none of them is left. */
  killWorker = async (): Promise<void> => {
    await kill(this.#worker)
    this.#worker = null
  }

  killSimulator = async (): Promise<void> => {
    await kill(this.#simulator)
    this.#simulator = null
  }

  async stop(): Promise<void> {
    // With notice, so that wrangler removes its own temporary files; by force when it takes too long.
    await Promise.allSettled([this.#worker?.stop(), this.#simulator?.stop()])
    rmSync(this.root, { recursive: true, force: true, maxRetries: 5 })
  }

  tail() {
    return [this.#worker, this.#simulator].map((group) => `--- ${group?.name}\n${group?.tail()}`).join("\n")
  }
}

const kill = async (group: Group | null): Promise<void> => {
  if (group === null) return
  try {
    process.kill(-group.pid, "SIGKILL")
  } catch {
    // It has ended by itself.
  }
  await until(`${group.name} is gone`, 10_000, () => membersOf(group.pid).length === 0)
  // Its output is complete in the log.
  await group.ended
}

const answering = async (group: Group, url: string): Promise<void> => {
  let ended = ""
  void group.ended.then((how) => (ended = how))
  await until(
    `${group.name} answers`,
    READY_MS,
    async () => {
      if (ended !== "") return true
      const response = await fetch(url, { signal: AbortSignal.timeout(5_000) })
      await response.body?.cancel()
      return true
    },
    100,
  )
  if (ended !== "") throw new Error(`${ended}:\n${group.tail()}`)
}

/** The workerd processes of a process group; where /proc is missing, the group's leader. */
export const workerdPids = (group: number): ReadonlyArray<number> =>
  process.platform === "linux"
    ? membersOf(group).filter((pid) => readFileSync(`/proc/${pid}/comm`, "utf8").startsWith("workerd"))
    : membersOf(group)

/** Both servers for one test file; gone afterwards, whatever happened. A failed test shows what they said last. */
export const servers = (options: Options = {}): Servers => {
  const pair = new Servers(options)
  beforeAll(() => pair.start())
  recordAnswers(() => pair.url)
  afterEach(({ task }) => {
    if (task.result?.state === "fail") console.error(pair.tail())
  })
  afterAll(() => pair.stop())
  return pair
}

/** Variables and constants with which a test need not wait: what takes a minute takes a second. */
export const QUICK = {
  vars: { SETTLE_SECONDS: 1.5, RESULTS_PER_SECOND: 500 },
  constants: {
    RECONNECT_MIN_SECONDS: 0.2,
    RECONNECT_MAX_SECONDS: 2,
    POLL_MIN_SECONDS: 1,
    POLL_MAX_SECONDS: 3,
    WATCHDOG_SECONDS: 2,
    HEARTBEAT_SECONDS: 1,
    VIEWER_SILENCE_SECONDS: 5,
    WEBHOOK_RETRY_MIN_SECONDS: 0.2,
    WEBHOOK_RETRY_MAX_SECONDS: 1,
  },
} as const
