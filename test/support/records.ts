import { idempotencyTimesOf } from "../../src/domain/Idempotency.ts"
import type { SettingsShape } from "../../src/domain/Settings.ts"
import { IdempotencyObject } from "../../src/do/IdempotencyObject.ts"

export interface RecordObject {
  readonly object: IdempotencyObject
  readonly kv: Map<string, unknown>
  /** Epoch milliseconds. */
  alarm: number | null
}

/** The objects that keep the records of idempotency keys, in memory, each by its name. */
export const recordObjects = (settings: SettingsShape, now: () => number) => {
  const objects = new Map<string, RecordObject>()
  return (name: string): RecordObject => {
    const known = objects.get(name)
    if (known !== undefined) return known
    const kv = new Map<string, unknown>()
    const object = new IdempotencyObject({
      kv: {
        get: <T>(key: string) => structuredClone(kv.get(key)) as T | undefined,
        put: (key, value) => void kv.set(key, structuredClone(value)),
        delete: (key) => kv.delete(key),
      },
      setAlarm: (at) => {
        made.alarm = at
      },
      deleteAll: async () => {
        kv.clear()
        made.alarm = null
      },
      times: idempotencyTimesOf(settings),
      now,
    })
    const made: RecordObject = { object, kv, alarm: null }
    objects.set(name, made)
    return made
  }
}
