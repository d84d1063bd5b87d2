import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { TaskGroupObject } from "../../src/do/TaskGroupObject.ts"
import { taskGroupLayers } from "../../src/do/layers.ts"
import type { SettingsShape } from "../../src/domain/Settings.ts"
import type { Simulator, VirtualClock } from "../../simulator/index.ts"
import { alarmOn, clearAlarmOn, Disk, storageOf } from "./disk.ts"
import { type Dice, surroundings } from "./effects.ts"
import { connect, type Wire } from "./network.ts"

export interface HostOptions {
  readonly clock: VirtualClock
  readonly dice: Dice
  readonly simulator: Simulator
  readonly settings: SettingsShape
  readonly log: (text: string) => void
  /** How likely an incarnation dies at a checkpoint, now. */
  readonly crashRate: () => number
  /** Whether the disk fails a transaction, now. */
  readonly hiccup: () => boolean
  /** Whether the platform fails to empty the storage, now. */
  readonly deleteFails: () => boolean
  /** An answer to the object has been read to its end. */
  readonly readToEnd: (path: string, ms: number) => void
  /** How late an alarm fires, and whether it fires twice. */
  readonly alarmWeather: () => { readonly lateMs: number; readonly twice: boolean }
}

interface Incarnation {
  readonly object: TaskGroupObject
  readonly runtime: ManagedRuntime.ManagedRuntime<any, never>
  readonly wire: Wire
  /** Breaks when the incarnation dies. */
  readonly death: Promise<never>
  readonly die: (why: string) => void
  alive: boolean
}

/**
 * The platform under one object: constructs it when something comes in, keeps its disk, fires its alarm, and kills it
 * as the weather has it. Nothing of a dead incarnation reaches disk, network or viewers.
 */
export class ObjectHost {
  readonly disk = new Disk()
  crashes = 0
  constructed = 0
  private current: Incarnation | null = null
  private cancelAlarm = () => {}
  private readonly options: HostOptions

  constructor(options: HostOptions) {
    this.options = options
  }

  get isAwake(): boolean {
    return this.current !== null
  }

  /** What `details` says on the disk, read without waking anybody; null where there is none. */
  state(): string | null {
    try {
      const [row] = this.disk.exec("SELECT state FROM details", [])
      return (row?.[0] as string | undefined) ?? null
    } catch {
      return null
    }
  }

  hasEnded(): boolean {
    return this.state() === "ended"
  }

  get openRequests(): number {
    return this.current?.wire.openRequests() ?? 0
  }

  /** Runs something on the object; rejects when the object dies meanwhile. */
  async call<A>(use: (object: TaskGroupObject) => Promise<A>): Promise<A> {
    const incarnation = this.current ?? this.construct()
    const result = await Promise.race([use(incarnation.object), incarnation.death])
    if (!incarnation.alive) throw new Error("the object died")
    this.disk.flush()
    return result
  }

  /** A stream of the object's, which breaks when the object dies; what it says is durable before it is heard. */
  async fetch(request: Request): Promise<Response> {
    const incarnation = this.current ?? this.construct()
    const response = await Promise.race([incarnation.object.fetch(request), incarnation.death])
    if (!incarnation.alive) throw new Error("the object died")
    this.disk.flush()
    if (response.body === null) return response
    const reader = response.body.getReader()
    const body = new ReadableStream<Uint8Array>(
      {
        pull: async (sink) => {
          try {
            const { done, value } = await Promise.race([reader.read(), incarnation.death])
            // What a dead object was about to say is never heard.
            if (!incarnation.alive) throw new Error("the object died")
            this.disk.flush()
            if (done) return sink.close()
            // Networks cut where they like.
            const at =
              value.length > 1 && this.options.dice.chance(0.3)
                ? this.options.dice.whole(1, value.length - 1)
                : value.length
            sink.enqueue(value.subarray(0, at))
            if (at === value.length) return
            const rest = value.subarray(at)
            await Promise.race([
              new Promise<void>((resolve) => void this.options.clock.setTimer(3, resolve)),
              incarnation.death,
            ])
            sink.enqueue(rest)
          } catch (error) {
            sink.error(error)
          }
        },
        cancel: () => reader.cancel(),
      },
      { highWaterMark: 0 },
    )
    return new Response(body, { status: response.status, headers: response.headers })
  }

  kill(why: string): void {
    this.current?.die(why)
  }

  /** The story is over: lets go of what it held. */
  retire(): void {
    this.kill("because the story ends")
    this.cancelAlarm()
    this.disk.close()
  }

  private construct(): Incarnation {
    const { clock, dice, simulator, settings, log } = this.options
    this.constructed++
    let reject: (error: Error) => void = () => {}
    const death = new Promise<never>((_, no) => {
      reject = no
    })
    death.catch(() => {})
    const die = (why: string) => {
      if (!incarnation.alive) return
      incarnation.alive = false
      this.crashes++
      const lost = dice.chance(0.5)
      log(`object dies ${why}${lost ? ", what was not durable is lost" : ""}`)
      if (lost) this.disk.loseTail()
      else this.disk.flush()
      this.current = null
      reject(new Error("the object died"))
      incarnation.wire.cutAll()
      void incarnation.runtime.dispose().catch(() => {})
      this.armAlarm()
    }
    const wire = connect(simulator, {
      readToEnd: this.options.readToEnd,
      beforeSend: () => {
        if (!incarnation.alive) throw new TypeError("dead")
        this.disk.flush()
      },
      checkpoint: (what) => {
        if (!incarnation.alive) throw new TypeError("dead")
        if (!dice.chance(this.options.crashRate())) return
        die(what)
        throw new TypeError("dead")
      },
    })
    const storage = storageOf(
      this.disk,
      () => incarnation.alive,
      this.options.hiccup,
      { changed: () => this.armAlarm() },
      async () => {
        if (this.options.deleteFails()) {
          log("the storage cannot be emptied")
          throw new Error("the storage cannot be emptied")
        }
        this.disk.wipe()
        this.armAlarm()
      },
    )
    const timers = {
      now: () => clock.now(),
      setTimer: (ms: number, fn: () => void) =>
        clock.setTimer(ms, () => {
          if (!incarnation.alive) return
          this.disk.flush()
          fn()
        }),
    }
    const runtime = ManagedRuntime.make(
      taskGroupLayers(storage, settings).pipe(
        Layer.provideMerge(
          surroundings({
            clock: timers,
            dice,
            fetch: wire.fetch,
            log: (text) => incarnation.alive && log(text),
          }),
        ),
      ),
    )
    const incarnation: Incarnation = {
      alive: true,
      wire,
      death,
      die,
      runtime,
      object: undefined as never,
    }
    const object = new TaskGroupObject({
      storage,
      runtime: () => runtime,
      version: "sim",
    })
    Object.assign(incarnation, { object })
    this.current = incarnation
    return incarnation
  }

  private armAlarm(): void {
    this.cancelAlarm()
    if (this.disk.isClosed) return
    const at = alarmOn(this.disk)
    if (at === null) return
    const { clock, alarmWeather } = this.options
    const { lateMs, twice } = alarmWeather()
    this.cancelAlarm = clock.setTimer(
      Math.max(0, at - clock.now()) + lateMs,
      () => void this.fire(at, twice, 0),
    )
  }

  /** Fires the alarm, again when the object dies in it, as the platform does. */
  private async fire(at: number, twice: boolean, attempt: number): Promise<void> {
    const { clock, log } = this.options
    if (attempt === 0) {
      // The alarm is taken off the disk when it fires; one set meanwhile is another alarm.
      if (alarmOn(this.disk) === at) clearAlarmOn(this.disk)
    }
    try {
      await this.call((object) => object.alarm())
      if (twice) await this.call((object) => object.alarm())
    } catch (error) {
      if (attempt >= 6) return log(`the platform gives up on the alarm: ${String(error)}`)
      clock.setTimer(2_000 * 2 ** attempt, () => void this.fire(at, false, attempt + 1))
    }
  }
}
