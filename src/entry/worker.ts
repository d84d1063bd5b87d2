/**
 * The Worker for another Worker's `wrangler.toml`: its `fetch`, and the classes of its objects. It needs `MultitaskEnv`.
 */
export { default, handlerWith, IdempotencyDO, TaskGroupDO } from "../worker.ts"
export type { MultitaskEnv } from "../do/MultitaskEnv.ts"
