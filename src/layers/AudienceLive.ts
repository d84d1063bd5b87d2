import * as Layer from "effect/Layer"
import { Audience } from "../services/Audience.ts"

export const makeAudience = (): Audience["Service"] => {
  const listeners = new Set<() => void>()
  const open = { watch: 0, read: 0 }
  let looks = 0
  const look = () => {
    looks++
    for (const tell of listeners) tell()
  }
  return Audience.of({
    watching: () => open.watch,
    reading: () => open.read,
    looks: () => looks,
    look,
    onLook: (tell) => {
      listeners.add(tell)
      return () => void listeners.delete(tell)
    },
    enter: (to) => {
      open[to]++
      look()
      let inside = true
      return () => {
        if (inside) open[to]--
        inside = false
      }
    },
  })
}

/** The audience of one object. */
export const AudienceLive: Layer.Layer<Audience> = Layer.sync(Audience, makeAudience)
