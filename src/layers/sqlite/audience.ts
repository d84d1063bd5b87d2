import type { Audience } from "../../services/TaskGroupStore.ts"

interface Hall extends Audience {
  /** A stream begins; calling what it answers ends it, once. */
  enter(): () => void
}

export const makeAudience = (): Hall => {
  const listeners = new Set<() => void>()
  let open = 0
  let looks = 0
  const look = () => {
    looks++
    for (const tell of listeners) tell()
  }
  return {
    watching: () => open,
    looks: () => looks,
    look,
    onLook: (tell) => {
      listeners.add(tell)
      return () => void listeners.delete(tell)
    },
    enter: () => {
      open++
      look()
      let inside = true
      return () => {
        if (inside) open--
        inside = false
      }
    },
  }
}
