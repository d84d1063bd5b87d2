/** The objects of one class, as a binding offers them. */
interface Objects {
  idFromName(name: string): DurableObjectId
  get(id: DurableObjectId): unknown
}

interface RateLimiter {
  limit(of: { readonly key: string }): Promise<{ readonly success: boolean }>
}

/**
 * What the Worker and its objects take from their environment, as a shape: the `Env` that `wrangler types` makes of
 * another Worker's `wrangler.toml` fits it. Variables (`PUBLIC_ORIGIN` and others) are read by name and checked.
 */
export interface MultitaskEnv {
  /** Of `TaskGroupDO`. */
  readonly TASK_GROUP: Objects
  /** Of `IdempotencyDO`. */
  readonly IDEMPOTENCY: Objects
  /** The pages' files: `dist/assets` of the package. Without it there is an API and no pages. */
  readonly ASSETS?: { fetch(request: Request): Promise<Response> }
  /** Where one is not bound, that is not limited. */
  readonly RATE_SUBMIT?: RateLimiter
  readonly RATE_SQL?: RateLimiter
  readonly RATE_UNKNOWN?: RateLimiter
  /** Part of each ETag; without it, answers that an older version gave count as the same. */
  readonly CF_VERSION_METADATA?: { readonly id: string }
}
