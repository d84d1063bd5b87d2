import { runStoreSuite } from "../layers/storeSuite.ts"
import { inside } from "./support/product.ts"

/** The storage of an object of its own for each test; the object's own store, beside, has nothing to do. */
runStoreSuite("store in a Durable Object", (body) =>
  inside(`store-suite-${crypto.randomUUID()}`, ({ storage }) => body(storage)),
)
