import { DurableObject } from "cloudflare:workers"
import * as Cause from "effect/Cause"
import { type Constants, CONSTANTS } from "../domain/Constants.ts"
import { failureLine } from "../domain/failureReport.ts"
import {
  type IdempotencyOutcome,
  type IdempotencyRequest,
  type IdempotencyStep,
  idempotencyTimesOf,
} from "../domain/Idempotency.ts"
import { readSettings } from "../domain/Settings.ts"
import { IdempotencyObject } from "./IdempotencyObject.ts"
import type { MultitaskEnv } from "./MultitaskEnv.ts"

const ALARM_RETRY_MS = 60_000

/**
 * The record of one `Idempotency-Key` of one API key, named by a hash of both. It holds hashes and the answer to the
 * request, never a key or a body, and removes itself when the time is over.
 */
export class IdempotencyDO extends DurableObject<MultitaskEnv> {
  /** Null while the deployment is configured wrongly: the Worker asks nothing then, but alarms still come. */
  private readonly object: IdempotencyObject | null

  constructor(ctx: DurableObjectState, env: MultitaskEnv) {
    super(ctx, env)
    const { storage } = ctx
    const read = readSettings({ ...env }, this.constants())
    this.object = read.ok
      ? new IdempotencyObject({
          kv: storage.kv,
          setAlarm: (at) => storage.setAlarm(at),
          deleteAll: () => storage.deleteAll(),
          times: idempotencyTimesOf(read.settings),
          now: () => Date.now(),
        })
      : null
  }

  /** For subclasses that change them, as tests do. Called while constructing: `this.env` is there, fields are not. */
  protected constants(): Constants {
    return CONSTANTS
  }

  private get record(): IdempotencyObject {
    if (this.object === null) throw new Error("Wrong configuration")
    return this.object
  }

  acquire(request: IdempotencyRequest): IdempotencyOutcome {
    return this.record.acquire(request)
  }

  advance(token: string, step: IdempotencyStep): boolean {
    return this.record.advance(token, step)
  }

  release(token: string, inDoubt?: boolean): Promise<void> {
    return this.record.release(token, inDoubt)
  }

  /** Never throws: after six failures the platform forgets an alarm, and the record would stay for ever. */
  override async alarm(): Promise<void> {
    try {
      await this.record.alarm()
    } catch (error) {
      console.error(JSON.stringify(failureLine("The alarm failed and is set again", Cause.die(error))))
      await this.ctx.storage.setAlarm(Date.now() + ALARM_RETRY_MS)
    }
  }
}
