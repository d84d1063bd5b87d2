import type { Browser } from "playwright-core"
import { launch } from "../../test/browser/browser.ts"
import type { BenchCase, BenchContext } from "../lib/context.ts"
import { AT_ONCE, paced, submissionBody, submit, whenDone } from "../lib/groups.ts"
import {
  delay,
  frames,
  layoutShift,
  readStream,
  startPages,
  untilLastRow,
  type Width,
  withPage,
} from "../lib/pages.ts"
import type { Line } from "../lib/report.ts"
import { startProduct, startSimulator } from "../lib/servers.ts"
import { figure, median, quantile, spread } from "../lib/stats.ts"

const WIDTHS: ReadonlyArray<Width> = [1440, 375]
/** Until the last row is found, by rows and width. */
const GOALS_MS = { 5_000: { 1440: 2_000, 375: 4_000 }, 50_000: { 1440: 4_000, 375: 8_000 } } as const
const SIZES = [5_000, 50_000] as const
const PHONE_GOAL = 2
const SHIFT_GOAL = 0.05
const LATENCY_MS = 400
const USABLE_GOAL_MS = 2_500
const FIRST_ROWS_GOAL_MS = 2_000
/** Rows that end while they are watched, and how many in a second. */
const LIVE = { rows: 5_000, endsPerSecond: 100, leadMs: 12_000, watchedMs: 6_000 }
const SCROLLED_MS = 3_000
const FRAME_GOAL_MS = 50

const judged = (measure: string, ours: string, control: string, ratio: string, goal: string, met: boolean) =>
  ({ measure, ours, control, result: ratio, goal, met }) satisfies Line

const loading = async (
  browser: Browser,
  url: string,
  rows: 5_000 | 50_000,
  repeats: number,
): Promise<ReadonlyArray<Line>> => {
  const seen = new Map(
    WIDTHS.map((width) => [width, { ours: [], control: [], shifts: [] } as Record<string, Array<number>>]),
  )
  for (let round = 0; round <= repeats; round++)
    for (const [width, { ours, control, shifts }] of seen) {
      const { found, shift } = await withPage(browser, width, (page) => untilLastRow(page, url, rows))
      const bare = await withPage(browser, width, async (page) => {
        await page.goto(`${new URL(url).origin}/favicon.svg`)
        return readStream(page, `${url}.sse?basis=none`)
      })
      // The first is the warm-up.
      if (round === 0) continue
      ours!.push(found)
      shifts!.push(shift)
      control!.push(bare)
    }
  const lines: Array<Line> = []
  for (const [width, { ours = [], control = [], shifts = [] }] of seen) {
    const goal = GOALS_MS[rows][width]
    const shift = Math.max(...shifts)
    lines.push(
      judged(
        `until the last of ${rows} rows is found, ${width} px`,
        spread(ours, "ms"),
        `${spread(control, "ms")}: the stream read in a browser, nothing done with it`,
        `${figure(median(ours) / median(control))}×`,
        `≤ ${goal} ms`,
        median(ours) <= goal,
      ),
      judged("its layout shift", figure(shift), "", figure(shift), `< ${SHIFT_GOAL}`, shift < SHIFT_GOAL),
    )
  }
  const times = (width: Width) => median(seen.get(width)?.ours ?? [])
  const ratio = times(375) / times(1440)
  const goal = `≤ ${PHONE_GOAL}×`
  lines.push(
    judged(`phone over desktop, ${rows} rows`, "", "", `${figure(ratio)}×`, goal, ratio <= PHONE_GOAL),
  )
  return lines
}

const scrolling = (browser: Browser, url: string, rows: number, width: Width): Promise<Line> =>
  withPage(browser, width, async (page) => {
    await untilLastRow(page, url, rows)
    await page.evaluate(() => {
      for (const one of [document.body, document.getElementById("table-scroll")]) one?.scrollTo(0, 0)
    })
    const idle = await frames(page, SCROLLED_MS, 0)
    const ours = await frames(page, SCROLLED_MS, 240)
    const p95 = quantile(ours, 0.95)
    const told = (all: ReadonlyArray<number>) =>
      `p50 ${figure(median(all))}, p95 ${figure(quantile(all, 0.95))} ms`
    return judged(
      `a frame while ${rows} rows are scrolled, ${width} px`,
      told(ours),
      `${told(idle)}: left alone`,
      `${figure(p95 / quantile(idle, 0.95))}×`,
      `p95 ≤ ${FRAME_GOAL_MS} ms`,
      p95 <= FRAME_GOAL_MS,
    )
  })

const living = async (
  browser: Browser,
  { folder }: BenchContext,
  width: Width,
): Promise<ReadonlyArray<Line>> => {
  const simulator = await startSimulator(folder, paced(LIVE.rows, LIVE.endsPerSecond, LIVE.leadMs))
  const product = await startProduct(folder, simulator.url, { data: `pages-live-${width}` })
  const pages = await startPages(product.url)
  try {
    const id = await submit(product.url, submissionBody(LIVE.rows))
    return await withPage(browser, width, async (page) => {
      await page.goto(`${pages.url}/${id}`)
      await page.waitForSelector(".status.completed", { timeout: 60_000 })
      const before = await layoutShift(page)
      const times = await frames(page, LIVE.watchedMs, 0)
      const moved = (await layoutShift(page)) - before
      const p95 = quantile(times, 0.95)
      return [
        judged(
          `a frame while ${LIVE.endsPerSecond} of ${LIVE.rows} rows end each second, ${width} px`,
          `p50 ${figure(median(times))}, p95 ${figure(p95)} ms`,
          "",
          `${figure(p95)} ms`,
          `p95 ≤ ${FRAME_GOAL_MS} ms`,
          p95 <= FRAME_GOAL_MS,
        ),
        judged("its layout shift", figure(moved), "", figure(moved), `< ${SHIFT_GOAL}`, moved < SHIFT_GOAL),
      ]
    })
  } finally {
    pages.stop()
    await product.stop()
    await simulator.stop()
  }
}

const slowly = async (browser: Browser, url: string, repeats: number): Promise<ReadonlyArray<Line>> => {
  const { origin } = new URL(url)
  const late = (address: string, until: () => unknown) =>
    withPage(browser, 1440, async (page) => {
      await delay(page, LATENCY_MS)
      await page.goto(address, { waitUntil: "commit" })
      await page.waitForFunction(until, undefined, { timeout: 60_000, polling: 20 })
      return page.evaluate(() => performance.now())
    })
  const all = { form: [] as Array<number>, rows: [] as Array<number>, bare: [] as Array<number> }
  for (let round = 0; round < repeats; round++) {
    all.form.push(await late(origin, () => document.documentElement.dataset.ready !== undefined))
    all.rows.push(await late(url, () => document.querySelector("tr[data-index='0']") !== null))
    all.bare.push(await late(`${origin}/favicon.svg`, () => true))
  }
  const line = (measure: string, ours: ReadonlyArray<number>, goal: number) =>
    judged(
      measure,
      spread(ours, "ms"),
      `${spread(all.bare, "ms")}: one request`,
      `${figure(median(ours) / median(all.bare))}×`,
      `≤ ${goal} ms`,
      median(ours) <= goal,
    )
  return [
    line(`the form usable, ${LATENCY_MS} ms latency`, all.form, USABLE_GOAL_MS),
    line(`the first of 5,000 rows, ${LATENCY_MS} ms latency`, all.rows, FIRST_ROWS_GOAL_MS),
  ]
}

/** The pages in Chromium, as somebody sees them who has never been here. */
export const pages: BenchCase = {
  name: "pages",
  run: async (context) => {
    const { folder, log } = context
    const simulator = await startSimulator(folder, AT_ONCE)
    const product = await startProduct(folder, simulator.url, { data: "pages" })
    const front = await startPages(product.url)
    const browser = await launch()
    const lines: Array<Line> = []
    const add = (more: ReadonlyArray<Line>) => {
      lines.push(...more)
      for (const { measure, ours, result } of more) log(`${measure}: ${ours} ${result}`)
    }
    try {
      const groups = new Map<number, string>()
      for (const size of SIZES) {
        const id = await submit(product.url, submissionBody(size))
        groups.set(size, `${front.url}/${id}`)
        await whenDone(product.url, id, 900_000)
        log(`a group of ${size} runs is there`)
      }
      const repeats = Math.max(3, Math.floor(context.repeats / 2))
      add(await slowly(browser, groups.get(5_000)!, repeats))
      for (const size of SIZES) {
        add(await loading(browser, groups.get(size)!, size, repeats))
        for (const width of WIDTHS) add([await scrolling(browser, groups.get(size)!, size, width)])
      }
      for (const width of WIDTHS) add(await living(browser, context, width))
    } finally {
      await browser.close()
      front.stop()
      await product.stop()
      await simulator.stop()
    }
    return {
      name: "Pages",
      about:
        "Finished groups with outputs of about 2 KB in Chromium with an empty cache, which shares the machine's cores with the server. Reasoning and sources are fetched when a row is opened.",
      lines,
    }
  },
}
