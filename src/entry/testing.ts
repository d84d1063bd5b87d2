export { nodeSqliteStorage } from "./testing/nodeSqliteStorage.ts"
export * from "../../simulator/index.ts"
export { startServer, systemClock } from "../../simulator/http.ts"
