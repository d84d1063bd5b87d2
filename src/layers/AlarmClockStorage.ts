import * as Layer from "effect/Layer"
import { AlarmClock, type AlarmName } from "../services/AlarmClock.ts"
import type { SqliteStorage } from "./sqlite/SqliteStorage.ts"

const KEY = "alarms"

/** The object's one alarm. Its promise is not awaited: the write joins those around it, and commits with them. */
export interface OneAlarm {
  setAlarm(at: number): unknown
  deleteAlarm(): unknown
}

type DueTimes = Partial<Record<AlarmName, number>>

/** Due times in key-value storage, the earliest of them as the object's alarm. */
export const AlarmClockStorage = (storage: Pick<SqliteStorage, "kv"> & OneAlarm): Layer.Layer<AlarmClock> => {
  const read = (): DueTimes => storage.kv.get<DueTimes>(KEY) ?? {}
  const arm = (times: DueTimes) => {
    const earliest = Math.min(...Object.values(times))
    if (Number.isFinite(earliest)) storage.setAlarm(earliest)
    else storage.deleteAlarm()
  }
  const write = (times: DueTimes) => {
    storage.kv.put(KEY, times)
    arm(times)
  }
  return Layer.succeed(
    AlarmClock,
    AlarmClock.of({
      set: (name, at) => write({ ...read(), [name]: at }),
      clear: (name) => {
        const { [name]: cleared, ...rest } = read()
        if (cleared !== undefined) write(rest)
      },
      get: (name) => read()[name] ?? null,
      due: (now) => Object.entries(read()).flatMap(([name, at]) => (at <= now ? [name as AlarmName] : [])),
      rearm: (now) => {
        const times = read()
        const waiting = Object.values(times).filter((at) => at > now)
        // What is due is being taken care of now; should that fail without a word, ask again in a minute.
        const overdue = Object.keys(times).length > waiting.length ? [now + 60_000] : []
        if (waiting.length + overdue.length > 0) storage.setAlarm(Math.min(...waiting, ...overdue))
      },
    }),
  )
}
