// @ts-check

/** Longer than this nothing may keep the page from drawing and answering. */
const SLICE_MS = 30

/**
 * For long work in slices: the result is awaited often, and gives the page a turn where it is due. Timers will not do,
 * they rest in a tab that is not in sight.
 * @param {{ signal?: AbortSignal | undefined, onTurn?: () => void }} [options] `onTurn` is called before each turn
 */
export function makeTurns({ signal, onTurn } = {}) {
  let since = performance.now()
  return async () => {
    signal?.throwIfAborted()
    if (performance.now() - since < SLICE_MS) return
    onTurn?.()
    await nextTask()
    signal?.throwIfAborted()
    since = performance.now()
  }
}

function nextTask() {
  const { port1, port2 } = new MessageChannel()
  return new Promise((resolve) => {
    port1.addEventListener("message", () => {
      port1.close()
      resolve(undefined)
    })
    port1.start()
    port2.postMessage(null)
  })
}

/** So many characters are kept as one text. */
const PART_CHARS = 256 * 1024

/**
 * Pieces of text put together in slices. @template A @param {Iterable<string>} pieces @param {() => Promise<void>} turn
 * @param {(text: string) => A} keep what becomes of a long text @returns {Promise<A[]>}
 */
async function collect(pieces, turn, keep) {
  /** @type {A[]} */
  const parts = []
  let part = ""
  for (const piece of pieces) {
    part += piece
    if (part.length > PART_CHARS) {
      parts.push(keep(part))
      part = ""
    }
    await turn()
  }
  parts.push(keep(part))
  return parts
}

/** The same as a file. Text becomes bytes a part at a time: all at once it takes as long as writing it. @param {Iterable<string>} pieces @param {string} type @param {() => Promise<void>} turn */
export const collectBlob = async (pieces, type, turn) =>
  new Blob(await collect(pieces, turn, (text) => new Blob([text])), { type })

/** @param {Iterable<string>} pieces @param {() => Promise<void>} turn */
export const collectText = async (pieces, turn) => (await collect(pieces, turn, (text) => text)).join("")
