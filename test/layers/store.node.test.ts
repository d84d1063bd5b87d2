import { nodeSqliteStorage } from "../../src/entry/testing/nodeSqliteStorage.ts"
import { runStoreSuite } from "./storeSuite.ts"

runStoreSuite("store on node:sqlite", async (body) => {
  const storage = nodeSqliteStorage()
  try {
    await body(storage)
  } finally {
    storage.close()
  }
})
