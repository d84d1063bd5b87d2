// @ts-check
/** What asks about the acts on a group, and sends them: for whoever has a key, or asks for them. */
export { addAsk } from "../result/acts/addAsk.js"
export { deleteAsk, resumeAsk, stopAsk } from "../result/acts/asks.js"
export { ActDialog } from "../result/acts/dialog.js"
export { retryAsk } from "../result/acts/retryAsk.js"
