// @ts-check
/** @import { FieldBasis, Row } from "../../types.js" */

import { byId, closeMenusOnLeave, copyText } from "../shared/dom.js"
import { headline, stateLabel } from "../shared/domain.js"
import { wordsIn } from "../shared/format.js"
import { follow } from "../shared/sse.js"
import { ConnectionLight } from "../shared/progress.js"
import { Acts } from "./acts/acts.js"
import { Address, isState } from "./address.js"
import { Copying } from "./copy.js"
import { ExportMenu } from "./export.js"
import { drawHeading } from "./heading.js"
import { Notifier } from "./notify.js"
import { Opener } from "./opener.js"
import { Panel } from "./panel.js"
import { printWith } from "./print.js"
import { Progress } from "./progress.js"
import { readEvent, readPage } from "./read.js"
import { RowMenu } from "./rowMenu.js"
import { Store } from "./store.js"
import { Table } from "./table.js"
import { Toolbar } from "./toolbar.js"
import { View } from "./view.js"

/** The page of one task group: takes the injected data, follows the stream and keeps everything drawn. */

const page = readPage()
const { facts } = page
const store = new Store(page)
const base = `/${encodeURIComponent(store.group.taskgroup_id)}`
const view = new View(store)
const light = new ConnectionLight("connection", () => stateLabel(store.facts))
const progress = new Progress(store, facts.sunset)
const acts = new Acts(store, base, { changed: () => following?.look(), deleted: leaveDeleted })
progress.names = () => acts.names
const notifier = new Notifier()
const address = new Address(store, view)
const table = new Table(store, view, {
  onOpen: (row) => opener.open(row, true),
  onSort: () => {
    address.forgetSort()
    onFilter()
  },
  onEscape: () => panel.close(),
})
const toolbar = new Toolbar(store, view, {
  onFilter,
  onColumns: () => {
    table.redraw()
    toolbar.draw()
    panel.redraw()
    opener.save()
  },
  onLines: (lines) => table.setLines(lines),
})
const copying = new Copying(store, table)
new RowMenu(table, copying, { onOpen: (row) => opener.open(row, true) })
// Before the panel: Escape closes a menu that is open, and only then the panel.
closeMenusOnLeave()
const panel = new Panel({
  fetchBasis,
  nameOf: (row) => store.columns.nameOf(row),
  onClose: (row) => opener.onClose(row),
  onCopy: (row) => copying.copyRows(row),
  onStep: (row, step) => {
    const next = table.neighbour(row.index, step)
    if (next) opener.open(next, false)
  },
})
const opener = new Opener({ store, table, panel, address, reorder, onRead: onAddress })
new ExportMenu(store, view, base)
printWith(store, view)

/** @type {ReturnType<typeof follow> | null} */
let following = null
let orderedAt = 0
/** @type {ReturnType<typeof setTimeout> | undefined} */
let reorderTimer

function onFilter() {
  reorder()
  opener.save()
}

/** The address says how the table is shown. */
function onAddress() {
  toolbar.show()
  table.redraw()
  reorder()
}

function reorder() {
  clearTimeout(reorderTimer)
  reorderTimer = undefined
  view.refresh()
  orderedAt = performance.now()
  table.reorder()
  opener.hold()
  toolbar.draw()
}

/** Rows come faster than they need be sorted: at most a tenth of the time goes into it. */
function reorderWhenDue() {
  if (!view.stale || reorderTimer !== undefined) return
  const pause = Math.max(view.filtered || view.sortBy !== "$row" ? 400 : 60, view.cost * 10)
  reorderTimer = setTimeout(reorder, Math.max(0, orderedAt + pause - performance.now()))
}

let scheduled = false
store.onChange = () => {
  if (scheduled) return
  scheduled = true
  // A hidden tab draws no frames, but its title and icon should go on.
  if (document.visibilityState === "visible") requestAnimationFrame(update)
  else setTimeout(update, 1000)
}

function update() {
  scheduled = false
  if (address.meet()) reorder()
  reorderWhenDue()
  table.schedule()
  panel.update()
  opener.meet()
  summarise()
}

/** Counts, title and icon are for reading: five times a second is enough, and leaves the frames to the table. */
const SUMMARY_MS = 200
let summarisedAt = -Infinity
/** @type {ReturnType<typeof setTimeout> | undefined} */
let summaryTimer

function summarise() {
  summaryTimer ??= setTimeout(
    () => {
      summaryTimer = undefined
      summarisedAt = performance.now()
      toolbar.draw()
      acts.draw()
      progress.draw()
      notifier.draw(store.active)
    },
    Math.max(0, summarisedAt + SUMMARY_MS - performance.now()),
  )
}

drawHeading(store.group.metadata)
byId("group-id").textContent = store.group.taskgroup_id
byId("copy-link").addEventListener("click", (event) =>
  copyText(`${location.origin}${base}${location.hash}`, /** @type {HTMLElement} */ (event.currentTarget)),
)
for (const [id, extension] of [
  ["link-json", ".json"],
  ["link-md", ".md"],
  ["link-sse", ".sse"],
  ["link-db", ".db"],
])
  byId(/** @type {string} */ (id)).setAttribute("href", base + extension)

document.querySelector(".skip")?.addEventListener("click", (event) => {
  // The address is that of what is seen.
  event.preventDefault()
  table.focus()
})

if (isState(location.hash)) address.read(location.hash)
onAddress()
opener.read()
update()
table.draw()
progress.draw()
performance.mark("drawn")
// Rate and "ago" change without events.
setInterval(() => progress.draw(), 5000)

/** The row's reasoning and sources; rejects when they cannot be had. @param {Row} row */
async function fetchBasis(row) {
  const { output } = row
  const response = await fetch(`${base}.json?input_index=${row.index}`)
  if (!response.ok) throw new Error(`status ${response.status}`)
  /** @type {{ output?: { basis?: FieldBasis[] } | null } | null} */
  const run = await response.json()
  // What changed meanwhile is fetched again, for what it is then.
  if (row.output !== output) return
  const basis = run?.output?.basis
  store.learnBasis(row, Array.isArray(basis) ? basis : [])
}

/** What the stream does not tell: our warnings, and when the group will be removed. */
async function learnHead() {
  try {
    const response = await fetch(`${base}.json?limit=1&basis=none`)
    if (!response.ok) return
    progress.sunset = response.headers.get("sunset")
    store.learnWarnings((await response.json()).warnings)
  } catch {
    // What was known before is as good as it gets.
  }
}

/** Nothing more is to come of what was deleted here. */
function leaveDeleted() {
  following?.()
  store.delete()
  light.set({ kind: "gone", since: Date.now(), attempt: 0 })
}

const isOver = facts.ended && !facts.partial
if (isOver) light.set({ kind: "ended", since: Date.now(), attempt: 0 })
following = follow({
  // Reasoning and sources are most of the data: they are fetched when a row is opened.
  url: `${base}.sse?basis=none`,
  // A page with a part of the rows asks for all of them.
  lastId: facts.partial ? null : facts.last_event_id,
  ended: isOver,
  onEvent: (event, data) => {
    if (event.type === "task_run.state") store.applyRow(readEvent(event, data))
    else if (event.type === "task_group_status") {
      const wasOver = store.ended
      store.applyStatus(event.status)
      if (wasOver && !store.ended) void learnHead()
    }
  },
  onState: (state) => {
    if (state.kind === "gone") store.remove()
    if (state.kind === "ended") {
      store.end()
      void learnHead()
      notifier.fire(wordsIn(store.group.metadata, "title") ?? "Parallel Multitask", headline(store.facts))
    }
    // What a new connection brings at once has ended while there was none.
    if (state.kind !== light.kind) progress.pace.restart()
    light.set(state)
  },
})
document.documentElement.dataset.ready = ""
