import { describe, expect, it } from "vitest"
import { createSimulator, createVirtualClock, parseRecording } from "../../simulator/index.ts"
import { judge } from "../../smoke/judge.ts"
import { verdictTable } from "../../smoke/verdict.ts"
import { smoke, type Smoked } from "./harness.ts"
import { type Side, SIDES } from "./sides.ts"

const runs = new Map<string, Promise<Smoked>>()

/** Sides of the same behaviour are read from the same run, whether it is named or holds anyway. */
const smokeOnce = ({ behaviour, otherKey }: Side): Promise<Smoked> => {
  const { behaviour: whole } = createSimulator({ clock: createVirtualClock(), behaviour })
  const key = JSON.stringify([whole.current, otherKey])
  const running = runs.get(key) ?? smoke(behaviour, { otherKey })
  runs.set(key, running)
  return running
}

const nameOf = ({ id, behaviour, side, answer, otherKey }: Side) =>
  `${id} is ${side ?? "not settled"} (${answer.source}): ${JSON.stringify(behaviour)} ${otherKey ?? ""}`

describe("what a smoke run says of the open questions", () => {
  it.each(SIDES.map((side) => [nameOf(side), side] as const))("%s", async (_, side) => {
    const found = (await smokeOnce(side)).verdict(side.id)
    expect({ ...found, side: found.side }).toEqual({ ...found, side: side.side })
    expect(found.answer).toMatch(side.answer)
    expect(found.evidence).not.toBe("")
  })

  it("has a test for every question, and one for each side but those that the simulator cannot take", async () => {
    const { verdicts } = await smoke()
    const sidesOf = (id: string) =>
      new Set(SIDES.filter((side) => side.id === id).map(({ side }) => side)).size
    const having = (count: number) => verdicts.map(({ id }) => id).filter((id) => sidesOf(id) === count)
    expect(verdicts.length).toBe(51)
    expect(having(0)).toEqual(["U21", "D8"])
    // An empty group is inactive by definition, a made-up id is unknown, and the rest is out of reach.
    expect(having(1)).toEqual(["U7d", "U11b", "U12", "U22b", "U23", "U24b", "D4", "D5"])
  })

  it("is drawn from the recording alone", async () => {
    const { text, verdicts } = await smoke({
      events: { on_connect: "status" },
      listing: { order: "reverse" },
    })
    expect(judge(parseRecording(text))).toEqual(verdicts)
    expect(verdictTable(verdicts)).toMatch(/U5 +B +What does \/events send at connect\? a status/)
  })

  it("settles nothing where no runs were added", async () => {
    const { verdicts, problems } = await smoke(
      {},
      { prepare: (sim) => sim.revokeKey("smoke-key-PLANTED-0123456789") },
    )
    expect(problems.join()).toMatch(/could not submit: Unauthorized/)
    expect(verdicts.every(({ side }) => side === null)).toBe(true)
  })
})
