import * as Context from "effect/Context"

/** Who reads the group. Nothing of it is stored: an object that starts anew has not been looked at. */
export class Audience extends Context.Service<
  Audience,
  {
    /** How many viewers' streams are open. */
    watching(): number
    /** How many answers are being read. */
    reading(): number
    /** How often somebody has looked; a snapshot and the beginning of a stream are looks of their own accord. */
    looks(): number
    /** Somebody looks, and may be told that nothing has changed. */
    look(): void
    /** A stream or an answer begins; calling what this answers ends it, once. */
    enter(to: "watch" | "read"): () => void
    /** Calls back at every look, until what it answers is called. */
    onLook(tell: () => void): () => void
  }
>()("multitask/services/Audience") {}
