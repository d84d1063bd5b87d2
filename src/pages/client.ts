/**
 * What the pages' scripts use of the client, so that they send and follow as every program does. The pages load it as
 * `assets/shared/client.js`, which `npm run pages` makes of this file.
 */
export { MultitaskError } from "../client/MultitaskError.ts"
export { type StreamState, streamEvents } from "../client/events.ts"
export { askJson, DOUBT, isClear, randomKey } from "../client/request.ts"
