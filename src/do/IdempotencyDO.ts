import { DurableObject } from "cloudflare:workers"
import { type ClaimOutcome, type ClaimRequest, type ClaimStep, claimTimesOf } from "../domain/Claim.ts"
import { type Constants, CONSTANTS } from "../domain/Constants.ts"
import { readSettings } from "../domain/Settings.ts"
import { IdempotencyObject } from "./IdempotencyObject.ts"

const ALARM_RETRY_MS = 60_000

/**
 * The claim on one `Idempotency-Key` of one API key, named by a hash of both. It holds hashes and the answer to the POST,
 * never a key or a body, and removes itself when the time is over.
 */
export class IdempotencyDO extends DurableObject<Env> {
  /** Null while the deployment is configured wrongly: the Worker asks nothing then, but alarms still come. */
  private readonly object: IdempotencyObject | null

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    const { storage } = ctx
    const read = readSettings({ ...env }, this.constants())
    this.object = read.ok
      ? new IdempotencyObject({
          kv: storage.kv,
          setAlarm: (at) => storage.setAlarm(at),
          deleteAll: () => storage.deleteAll(),
          times: claimTimesOf(read.settings),
          now: () => Date.now(),
        })
      : null
  }

  /** For subclasses that change them, as tests do. Called while constructing: `this.env` is there, fields are not. */
  protected constants(): Constants {
    return CONSTANTS
  }

  private get claims(): IdempotencyObject {
    if (this.object === null) throw new Error("Wrong configuration")
    return this.object
  }

  claim(request: ClaimRequest): ClaimOutcome {
    return this.claims.claim(request)
  }

  advance(token: string, step: ClaimStep): boolean {
    return this.claims.advance(token, step)
  }

  release(token: string): Promise<void> {
    return this.claims.release(token)
  }

  /** Never throws: after six failures the platform forgets an alarm, and the record would stay for ever. */
  override async alarm(): Promise<void> {
    try {
      await this.claims.alarm()
    } catch (error) {
      console.error("The alarm failed and is set again", error instanceof Error ? error.name : "unknown")
      await this.ctx.storage.setAlarm(Date.now() + ALARM_RETRY_MS)
    }
  }
}
