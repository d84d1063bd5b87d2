import { afterEach, expect, it } from "vitest"
import type { FakeGroup } from "./fakeGroup.ts"
import { companyGroup, complete } from "./samples.ts"
import { connection, expectText, harness, rowButton } from "./setup.ts"

/** Reasoning and sources come when a row is opened; what marks the cells comes with the rows. */

const { server, open } = harness()

afterEach(() => {
  server.basisStatus = 200
})

const opened = async (group: FakeGroup) => {
  const page = await open(server.add(group))
  await connection(page, "live")
  return page
}

const fetched = (id: string) =>
  server.seen.flatMap(({ url }) => {
    const index = url.includes(id) ? new URL(url).searchParams.get("input_index") : null
    return index === null ? [] : [Number(index)]
  })

it("marks cells without the basis, which is neither in the page nor in the stream", async () => {
  const group = companyGroup("tgrp_basis_marks")
  complete(group, 0)
  const page = await opened(group)
  complete(group, 1)
  await expectText(page, "tr[data-index='1']", /Patrick Collison/)
  for (const index of [0, 1]) {
    const marks = await page.$$eval(`tr[data-index='${index}'] .confidence`, (all) =>
      all.map((one) => one.getAttribute("aria-label")),
    )
    expect(marks).toHaveLength(8)
    expect(new Set(marks)).toEqual(new Set(["high confidence", "medium confidence", "low confidence"]))
  }
  expect(await page.textContent("#taskgroup")).not.toMatch(/"basis"|reasoning/)
  expect(fetched(group.id)).toEqual([])
  expect(
    server.seen
      .filter(({ url }) => url.includes(`${group.id}.sse`))
      .every(({ url }) => url.includes("basis=none")),
  ).toBe(true)
  // Filtering needs no more than that either.
  await page.selectOption("#confidence", "low")
  await expectText(page, "#shown", /of 8/)
})

it("fetches the basis of the row that is opened, once", async () => {
  const group = companyGroup("tgrp_basis_open")
  complete(group, 0)
  complete(group, 1)
  const page = await opened(group)
  await rowButton(page, 0).click()
  await expectText(page, "#panel-body", /The page of Apple and two further sources/)
  await expectText(page, "#panel-body .citations", /About Apple/)
  expect(await page.textContent("#panel-body")).not.toContain("being fetched")
  await page.click("#panel-next")
  await expectText(page, "#panel-body", /The page of Stripe/)
  await page.click("#panel-previous")
  await expectText(page, "#panel-body", /The page of Apple/)
  expect(fetched(group.id)).toEqual([0, 1])
  // A row that is not done has nothing to fetch.
  await rowButton(page, 5).click()
  await expectText(page, "#panel-title", /^Row 6 NVIDIA$/)
  expect(await page.textContent("#panel-body")).not.toContain("being fetched")
  complete(group, 5)
  await expectText(page, "#panel-body", /The page of NVIDIA/)
  expect(fetched(group.id)).toEqual([0, 1, 5])
})

it("says so when it cannot be had, shows the rest, and tries again when asked", async () => {
  const group = companyGroup("tgrp_basis_failed")
  complete(group, 0)
  const page = await opened(group)
  server.basisStatus = 503
  await rowButton(page, 0).click()
  await expectText(page, "#panel-body", /could not be fetched/)
  await expectText(page, "#panel-body", /Tim Cook/)
  const levels = await page.$$eval("#panel-body .confidence", (all) => all.length)
  expect(levels).toBe(8)
  // It does not ask in a loop.
  complete(group, 1)
  await expectText(page, "tr[data-index='1']", /Patrick Collison/)
  expect(fetched(group.id)).toEqual([0])
  server.basisStatus = 200
  await page.click("#panel-body >> text=Try again")
  await expectText(page, "#panel-body", /The page of Apple/)
  expect(await page.textContent("#panel-body")).not.toContain("could not be fetched")
})

it("fetches again what changed while the row is open", async () => {
  const group = companyGroup("tgrp_basis_changed")
  complete(group, 0)
  const page = await opened(group)
  await rowButton(page, 0).click()
  await expectText(page, "#panel-body", /The page of Apple/)
  group.set(0, { basis: [{ field: "ceo_name", reasoning: "Found anew.", confidence: "low", citations: [] }] })
  await expectText(page, "#panel-body", /Found anew\./)
  expect(fetched(group.id)).toEqual([0, 0])
})
