import * as Context from "effect/Context"
import type { ChangeNumber } from "../domain/Ids.ts"
import type { TaskGroupStatus } from "../domain/TaskGroup.ts"
import type { RenderOptions } from "./Renderer.ts"
import type { RowEncoder } from "./GroupReader.ts"

/** The format of viewers' streams. Each encoding is one whole event; change numbers are its ids. */
export class EventRenderer extends Context.Service<
  EventRenderer,
  {
    /** Encodes rows. Equal options give the same function, so that what it made is kept for the next viewer. */
    readonly rows: (options: RenderOptions) => RowEncoder
    /** The status as of the change `to`; a viewer that comes back with it goes on from there. */
    readonly status: (status: TaskGroupStatus, to: ChangeNumber) => Uint8Array
    /** The status for a viewer that is yet to be told what came after the change `from`: it moves no position. */
    readonly opening: (status: TaskGroupStatus, from: ChangeNumber) => Uint8Array
    /** The last event of a stream. */
    readonly done: (change: ChangeNumber) => Uint8Array
    /** Says nothing, but that the connection is there. */
    readonly keepAlive: Uint8Array
  }
>()("multitask/services/EventRenderer") {}
