import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { credentialsFile } from "../../src/cli/credentials.ts"
import { inNoTime } from "./support/inNoTime.ts"
import { FakeServer, ID } from "./support/server.ts"
import { fakeWorld, type FakeWorld, HOST, KEY, runIn } from "./support/fakeWorld.ts"

const HERE = { MULTITASK_URL: HOST }

const setUp = (options: Omit<Parameters<typeof fakeWorld>[0] & object, "fetch"> = {}) => {
  const server = new FakeServer()
  server.add([])
  const world = fakeWorld({ env: HERE, ...options, fetch: server.fetch })
  return { server, world }
}

/** Stops a group, which takes a key, after this was typed at the prompt. */
const typeKey = async (...typed: ReadonlyArray<string>) => {
  const { server, world } = setUp({ isTerminal: true })
  const ended = runIn(world, ["stop", ID])
  await world.stderr.shows("Parallel API key")
  for (const text of typed) {
    world.stdin.write(text)
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { ...(await ended), world, key: server.sent[0]?.key ?? null }
}

const keep = (world: FakeWorld, text: string, mode = 0o600): string => {
  const path = credentialsFile(world)
  mkdirSync(join(path, ".."), { recursive: true })
  writeFileSync(path, text)
  chmodSync(path, mode)
  return path
}

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8)

describe("the key", () => {
  it("comes from the environment, else from login, else from the prompt", async () => {
    const kept = JSON.stringify({ keys: { [HOST]: "kept-key-123" } })
    const both = setUp({ env: { ...HERE, PARALLEL_API_KEY: KEY } })
    keep(both.world, kept)
    await runIn(both.world, ["stop", ID])
    expect(both.server.sent[0]?.key).toBe(KEY)

    const file = setUp({ isTerminal: true })
    keep(file.world, kept)
    await runIn(file.world, ["stop", ID])
    expect(file.server.sent[0]?.key).toBe("kept-key-123")
  })

  it("that is kept for one host is sent to no other", async () => {
    const { server, world } = setUp()
    keep(world, JSON.stringify({ keys: { "https://other.example": KEY, [`${HOST}:8443`]: KEY } }))
    const { code, err } = await runIn(world, ["stop", ID])
    expect(code).toBe(1)
    expect(err).toContain(`No Parallel API key is known for ${HOST}.`)
    expect(server.sent).toEqual([])
  })

  it("is no argument", async () => {
    const { err } = await runIn(setUp().world, ["stop", ID, "--api-key", "x"])
    expect(err).toContain("A key is never an argument: set PARALLEL_API_KEY, or use login.")
  })
})

describe("the prompt", () => {
  it.each<readonly [what: string, ...typed: Array<string>]>([
    ["typed", KEY, "\r"],
    ["with line feeds", `${KEY}\n`],
    ["typed letter by letter", ...KEY.split(""), "\r"],
    ["corrected", `${KEY}xé\x7f`, "\b", "\r"],
    ["typed anew", "wrong\x15", KEY, "\r"],
    ["with blanks around it", `  ${KEY} \r`],
    ["pasted with line ends", `\x1b[200~\n${KEY}\n\x1b[201~`, "\r"],
    ["pasted in pieces", "\x1b", "[20", `0~${KEY}\x1b[2`, "01~\r"],
    ["with arrow and function keys", `\x1b[A\x1bOP\x1b[1;5C${KEY}\x1b[3~\r`],
    ["with a line behind it", `${KEY}\rn\r`],
  ])("takes a key %s, and shows nothing of it", async (_, ...typed) => {
    const { key, world, code } = await typeKey(...typed)
    expect({ code, key }).toEqual({ code: 0, key: KEY })
    expect(world.stderr.text).toContain(`Parallel API key for ${HOST} (it is not shown): \n`)
    expect(world.stdin.rawModes).toEqual([true, false])
    expect(world.stdin.listenerCount("data")).toBe(0)
  })

  it.each([
    ["Ctrl-C", `${KEY}\x03`, 130, "Nothing was changed."],
    ["Ctrl-C in a paste", `\x1b[200~${KEY}\x1b\x03`, 130, "Nothing was changed."],
    ["Ctrl-D", "\x04", 1, "No key was given."],
    ["nothing", "\r", 1, "No key was given."],
    ["no key", "schlüssel\r", 1, "cannot be a Parallel API key"],
  ] as const)("ends with %s, the terminal as it was", async (_, typed, code, says) => {
    const ended = await typeKey(typed)
    expect(ended.code).toBe(code)
    expect(ended.err).toContain(says)
    expect(ended.err).not.toContain("schlüssel")
    expect(ended.key).toBeNull()
    expect(ended.world.stdin.rawModes).toEqual([true, false])
  })
})

describe("login and logout", () => {
  it("keep and forget a key for a host, readable by its owner alone", async () => {
    const { server, world } = setUp({ isTerminal: true })
    const path = credentialsFile(world)
    const ended = runIn(world, ["login", "--host", `${HOST}/path`])
    await world.stderr.shows("Parallel API key")
    world.stdin.write(`${KEY}\r`)
    expect(await ended).toMatchObject({ code: 0, out: "" })
    expect([modeOf(path), modeOf(join(path, ".."))]).toEqual(["600", "700"])
    expect(JSON.parse(readFileSync(path, "utf8"))).toEqual({ keys: { [HOST]: KEY } })

    await runIn(world, ["stop", ID])
    expect(server.sent[0]?.key).toBe(KEY)

    expect(await runIn(world, ["logout"])).toMatchObject({ code: 0 })
    expect(existsSync(path)).toBe(false)
    expect((await runIn(world, ["logout"])).err).toContain(`No key is kept for ${HOST}.`)
  })

  it("take a key from stdin, and leave those of other hosts", async () => {
    const { world } = setUp({ env: { ...HERE, PARALLEL_API_KEY: "another-key" } })
    const path = keep(world, JSON.stringify({ keys: { "https://other.example": "other-key-1" } }))
    world.stdin.end(`${KEY}\n`)
    const { code, err } = await runIn(world, ["login"])
    expect(code).toBe(0)
    expect(err).toContain("PARALLEL_API_KEY is set, and wins over it")
    expect(JSON.parse(readFileSync(path, "utf8")).keys).toEqual({
      "https://other.example": "other-key-1",
      [HOST]: KEY,
    })
    await runIn(world, ["logout"])
    expect(JSON.parse(readFileSync(path, "utf8")).keys).toEqual({ "https://other.example": "other-key-1" })
  })

  it("lose no key to another login that is at it, nor wait for one that has died", async () => {
    const { world } = setUp({ isTerminal: true })
    const path = credentialsFile(world)
    const slow = runIn(world, ["login"])
    await world.stderr.shows("Parallel API key")
    const hosts = Array.from({ length: 8 }, (_, at) => `https://h${at}.example`)
    const login = (host: string) => {
      const other = { ...setUp().world, home: world.home }
      other.stdin.end("other-key-1\n")
      return runIn(other, ["login", "--host", host])
    }
    await Promise.all(hosts.map(login))
    world.stdin.write(`${KEY}\r`)
    await slow
    const kept = () => Object.keys(JSON.parse(readFileSync(path, "utf8")).keys).toSorted()
    expect(kept()).toEqual([...hosts, HOST].toSorted())
    mkdirSync(`${path}.lock`)
    expect((await inNoTime(() => login("https://new.example"))).code).toBe(0)
    expect(kept()).toContain("https://new.example")
    expect(readdirSync(join(path, ".."))).toEqual(["credentials.json"])
  })

  it("follow a link, so that no key stays behind it", async () => {
    const { world } = setUp()
    const path = keep(world, JSON.stringify({ keys: { [HOST]: KEY } }))
    const target = join(world.home, "kept.json")
    renameSync(path, target)
    symlinkSync(target, path)
    world.stdin.end("other-key-1\n")
    await runIn(world, ["login", "--host", "https://other.example"])
    expect(JSON.parse(readFileSync(target, "utf8")).keys).toHaveProperty("https://other.example")
    for (const host of [HOST, "https://other.example"]) await runIn(world, ["logout", "--host", host])
    expect(existsSync(target)).toBe(false)
  })

  it("put a file right that others could read, and say so", async () => {
    const { server, world } = setUp()
    const path = keep(world, JSON.stringify({ keys: { [HOST]: KEY } }), 0o644)
    const { code, err } = await runIn(world, ["stop", ID])
    expect(code).toBe(0)
    expect(err).toContain("could be read by others, which has been put right")
    expect(modeOf(path)).toBe("600")
    expect(server.sent[0]?.key).toBe(KEY)
  })

  it("do not show what is in a file that is not theirs", async () => {
    const { world } = setUp()
    const path = keep(world, `{"keys": ${KEY}`)
    const { code, err } = await runIn(world, ["stop", ID])
    expect(code).toBe(1)
    expect(err).toContain("is not as login writes it")
    expect(readFileSync(path, "utf8")).toContain(KEY)
  })

  it("keep nothing that is no key, nor for a host to which it would go unencrypted", async () => {
    const { world } = setUp()
    world.stdin.end("two words\n")
    expect(await runIn(world, ["login"])).toMatchObject({ code: 1 })
    expect(await runIn(world, ["login", "--host", "http://m.example"])).toMatchObject({ code: 1 })
    expect(existsSync(credentialsFile(world))).toBe(false)
  })
})

describe("where keys are kept", () => {
  it.each([
    ["linux", {}, "/home/a", "/home/a/.config/parallel-multitask/credentials.json"],
    ["darwin", { XDG_CONFIG_HOME: "/x" }, "/home/a", "/x/parallel-multitask/credentials.json"],
    ["linux", { XDG_CONFIG_HOME: "x" }, "/home/a", "/home/a/.config/parallel-multitask/credentials.json"],
    ["linux", { XDG_CONFIG_HOME: "" }, "/home/a", "/home/a/.config/parallel-multitask/credentials.json"],
    ["win32", { APPDATA: "C:\\D" }, "C:\\a", "C:\\D\\parallel-multitask\\credentials.json"],
    ["win32", {}, "C:\\a", "C:\\a\\AppData\\Roaming\\parallel-multitask\\credentials.json"],
  ] as const)("on %s with %j in %s", (platform, env, home, path) => {
    expect(credentialsFile({ platform, env, home })).toBe(path)
  })
})
