export { createSimulator } from "./simulator.ts"
export type { BehaviourPatch, BehaviourStore, Simulator, SimulatorOptions } from "./types.ts"
export { createVirtualClock } from "./virtualClock.ts"
export type { VirtualClock } from "./virtualClock.ts"
export type { Clock } from "./core/clock.ts"
export { DEFAULT_BEHAVIOUR } from "./behaviour/document.ts"
export type { Behaviour } from "./behaviour/document.ts"
export type { Fault, FaultRule, QueuedFault, RouteName } from "./behaviour/faultSpec.ts"
export { truthOf } from "./control/ledgerView.ts"
export type { RunTruth } from "./control/ledgerView.ts"
export type * from "./core/wire.ts"
export { ConnectionReset } from "./sse/stream.ts"
export { bodyOf, kindOf, parseRecording, readRecording, UnreadableRecording } from "./replay/recording.ts"
export type {
  Exchange,
  ExchangeEnd,
  ExchangeKind,
  IdFacts,
  Recording,
  RecordingLine,
} from "./replay/recording.ts"
export { createReplay } from "./replay/replay.ts"
export type { Replay } from "./replay/replay.ts"
