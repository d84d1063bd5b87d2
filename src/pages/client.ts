/**
 * What the pages' scripts use of the client, so that they send and follow as every program does. They import it
 * as `assets/shared/client.js`.
 */
export { MultitaskError } from "../client/MultitaskError.ts"
export { type StreamState, streamEvents } from "../client/events.ts"
export { askJson, DOUBT, isClear, randomKey } from "../client/request.ts"
