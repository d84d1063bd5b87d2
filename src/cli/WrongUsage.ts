import { PRODUCT } from "../domain/Product.ts"
import { Refused } from "./Refused.ts"

/** A command line that says nothing that can be done: its message points to the help. */
export class WrongUsage extends Refused {
  constructor(message: string, command: string | null = null) {
    super(`${message}\nSee: ${PRODUCT} ${command === null ? "" : `${command} `}--help`)
  }
}
