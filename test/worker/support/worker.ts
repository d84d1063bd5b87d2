import { type Constants, CONSTANTS } from "../../../src/domain/Constants.ts"
import * as product from "../../../src/worker.ts"

/**
 * The product for tests of a real server, with other constants: those in the binding `TEST_CONSTANTS`, as JSON. Time is
 * real there, so that waits must be short and limits small.
 */
const constantsOf = (env: object): Constants => {
  const changed: unknown = "TEST_CONSTANTS" in env ? JSON.parse(String(env.TEST_CONSTANTS)) : {}
  const unknown = Object.keys(changed as object).filter((name) => !(name in CONSTANTS))
  if (unknown.length > 0) throw new Error(`There are no such constants: ${unknown.join(", ")}`)
  return { ...CONSTANTS, ...(changed as Partial<Constants>) }
}

export class TaskGroupDO extends product.TaskGroupDO {
  protected override constants(): Constants {
    return constantsOf(this.env)
  }
}

export class IdempotencyDO extends product.IdempotencyDO {
  protected override constants(): Constants {
    return constantsOf(this.env)
  }
}

export default product.handlerWith(constantsOf)
