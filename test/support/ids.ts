import * as Brand from "effect/Brand"
import type { GroupId } from "../../src/domain/Ids.ts"

/** A group's id as a test writes it, which the product only takes where it has been checked. */
export const groupId = Brand.nominal<GroupId>()
