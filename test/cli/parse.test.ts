import { describe, expect, it } from "vitest"
import { COMMANDS } from "../../src/cli/commands.ts"
import { PRODUCT, VERSION } from "../../src/domain/Product.ts"
import { fakeWorld, runIn } from "./support/fakeWorld.ts"

const say = (...argv: ReadonlyArray<string>) => runIn(fakeWorld(), argv)

describe("help", () => {
  it.each([[], ["--help"], ["-h"], ["help"]])("of all commands is what %j asks for", async (...argv) => {
    const { code, out, err } = await say(...argv)
    expect({ code, err }).toEqual({ code: 0, err: "" })
    await expect(out).toMatchFileSnapshot("./help/overview.txt")
  })

  it.each(COMMANDS.map(({ name }) => name))(
    "of %s opens with an example, and fits 80 columns",
    async (name) => {
      const { code, out } = await say(name, "--nonsense", "--help")
      expect(code).toBe(0)
      expect((await say("help", name)).out).toBe(out)
      expect(out.startsWith(`  ${PRODUCT} ${name} `)).toBe(true)
      for (const line of out.split("\n")) expect(line.length, line).toBeLessThanOrEqual(80)
      await expect(out).toMatchFileSnapshot(`./help/${name}.txt`)
    },
  )

  it("fits 80 columns", async () => {
    for (const line of (await say("--help")).out.split("\n"))
      expect(line.length, line).toBeLessThanOrEqual(80)
  })

  it("says the version", async () => {
    expect(await say("--version")).toEqual({ code: 0, out: `${VERSION}\n`, err: "" })
  })
})

describe("wrong usage", () => {
  it.each<readonly [argv: ReadonlyArray<string>, says: string]>([
    [["rum", "a.csv"], "There is no command rum. Did you mean run?"],
    [["xyz"], "There is no command xyz. There are run, plan, submit,"],
    [["--yes"], "A command is missing."],
    [["--descrbe", "x"], "There is no option --descrbe. Did you mean --describe?"],
    [["run", "a.csv", "--descibe", "x"], "There is no option --descibe. Did you mean --describe?"],
    [["run", "a.csv", "--maxcost=5"], "There is no option --maxcost. Did you mean --max-cost?"],
    [["run", "a.csv", "-x"], "There is no option -x."],
    [["get", "tgrp_12345678", "--limit", "3"], "get takes no --limit: run, plan, submit and add do."],
    [
      ["plan", "a.csv", "--text", "-y"],
      "plan takes no --yes: run, submit, add, retry, resume and delete do.",
    ],
    [["run", "a.csv", "--text", "--limit", "3x"], "--limit must be a whole number from 1 on, not 3x."],
    [["run", "a.csv", "--text", "--limit", "0"], "--limit must be a whole number from 1 on, not 0."],
    [
      ["run", "a.csv", "--text", "--max-cost", "1,5"],
      "--max-cost must be an amount of US dollars, such as 5 or 7.50, not 1,5.",
    ],
    [["run", "a.csv", "--text", "--limit", "3", "--limit", "4"], "--limit is there twice."],
    [["run", "a.csv", "--text", "-o", "a.csv", "--output=b.csv"], "--output is there twice."],
    [["run", "a.csv", "--text", "--limit"], "--limit needs a value. Write --limit N."],
    [["run", "a.csv", "--describe", ""], `--describe needs a value. Write --describe "…".`],
    [["run", "a.csv", "--limit", "--text"], "--limit needs a value, and --text looks like an option."],
    [["run", "a.csv", "--text=yes"], "--text takes no value."],
    [["run", "--text"], "run needs FILE."],
    [["add"], "add needs GROUP and FILE."],
    [
      ["run", "a.csv", "--describe", "the", "CEO"],
      "does not know what to do with CEO. Text with blanks needs quotation marks.",
    ],
    [["run", "a.csv", "--text", "--schema", "s.json"], "--schema does not go with --text"],
    [["run", "a.csv"], "Nothing says what is to be found out."],
    [["stop", "\u001b[2Jx", "y"], "does not know what to do with y"],
  ])("%j is refused", async (argv, says) => {
    const { code, out, err } = await say(...argv)
    expect({ code, out }).toEqual({ code: 1, out: "" })
    expect(err).toContain(says)
    expect(err).toMatch(/\nSee: parallel-multitask (?:\w+ )?--help\n$/)
  })

  it("takes options before and after what they are for", async () => {
    const world = fakeWorld()
    for (const argv of [
      ["--limit", "3", "plan", "--describe=- a dash", "no.csv"],
      ["plan", "no.csv", "--limit=3", "--describe=- a dash"],
    ]) {
      world.stderr.text = ""
      expect((await runIn(world, argv)).err).toMatch(/no\.csv/)
    }
  })
})
