/**
 * For tests without network and without waiting: a stand-in for Parallel's API, its clocks, and a task group in the
 * process.
 */
export { groupInProcess, type GroupInProcess, type GroupInProcessOptions } from "./testing/groupInProcess.ts"
export { type NodeSqliteStorage, nodeSqliteStorage } from "./testing/nodeSqliteStorage.ts"
export {
  type Behaviour,
  type BehaviourPatch,
  type Clock,
  ConnectionReset,
  createSimulator,
  createVirtualClock,
  DEFAULT_BEHAVIOUR,
  type Fault,
  type FaultRule,
  type RouteName,
  type RunTruth,
  type Simulator,
  type SimulatorOptions,
  truthOf,
  type VirtualClock,
} from "../../simulator/index.ts"
export { startServer, systemClock } from "../../simulator/http.ts"
