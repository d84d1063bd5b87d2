import { existsSync, readFileSync } from "node:fs"
// @ts-expect-error It brings no types.
import semver from "semver"
import { describe, expect, it } from "vitest"
import { completed, missingPlatforms, platformOf, unchecked } from "../../scripts/lib/lockfile.mjs"

const json = (file: string) => JSON.parse(readFileSync(file, "utf8"))

describe("the lockfile", () => {
  const lock = json("package-lock.json")
  // What comes from a registry: not the project, and not its own package that names its Node.
  const paths = Object.keys(lock.packages).filter(
    (path) => path.startsWith("node_modules/") && lock.packages[path].link !== true,
  )

  it("is complete, in the project's form (node scripts/complete-lockfile.mjs makes it so)", () => {
    expect(missingPlatforms(lock)).toEqual({})
    expect(completed(lock)).toEqual(lock)
  })

  it("names no place to download from", () => {
    expect(paths.filter((path) => Object.hasOwn(lock.packages[path], "resolved"))).toEqual([])
  })

  it("has a checksum for every package but those that could not be asked about (docs/adr/0020)", () => {
    expect(unchecked(lock)).toEqual(
      ["darwin-arm64", "darwin-x64", "linux-arm", "linux-arm64", "win32-arm64", "win32-x64"].map(
        (platform) => `node_modules/@effect/tsgo-${platform}`,
      ),
    )
  })

  it.each(["node_modules/workerd", "node_modules/wrangler/node_modules/workerd"])(
    "has the same version of %s for every platform",
    (path) => {
      const { version, optionalDependencies } = lock.packages[path]
      const nested = path.replace(/workerd$/, "")
      const versions = Object.keys(optionalDependencies).map((name) => lock.packages[nested + name]?.version)
      expect(versions).toEqual(Array(5).fill(version))
    },
  )

  it("brings one Node, the one that runs this, wherever workerd runs", () => {
    const nodes: Record<string, string> = json("tools/node/package.json").optionalDependencies
    expect(new Set(Object.values(nodes))).toEqual(new Set([process.versions.node]))
    const platforms = (names: ReadonlyArray<string>) =>
      names
        .map(
          (name) =>
            `${lock.packages[`node_modules/${name}`].os} ${lock.packages[`node_modules/${name}`].cpu}`,
        )
        .toSorted()
    expect(platforms(Object.keys(nodes))).toEqual(
      platforms(Object.keys(lock.packages["node_modules/workerd"].optionalDependencies)),
    )
  })

  it("holds no package that asks for another Node than the project's", () => {
    const installed = paths.filter((path) => existsSync(`${path}/package.json`))
    const engines = installed.map((path) => [path, json(`${path}/package.json`).engines?.node] as const)
    expect(engines.filter(([, range]) => range !== undefined).length).toBeGreaterThan(50)
    expect(
      engines.filter(([, range]) => range !== undefined && !semver.satisfies(process.version, range)),
    ).toEqual([])
  })

  it("lets no package run a script while installing, and names each that would (docs/adr/0020)", () => {
    const scripted = paths.filter((path) => lock.packages[path].hasInstallScript === true)
    const names = new Set(scripted.map((path) => path.replace(/^.*node_modules\//, "")))
    expect(json("package.json").allowScripts).toEqual(
      Object.fromEntries([...names].map((name) => [name, false])),
    )
    // npm 10 knows no allowScripts: what installs by itself runs none at all.
    expect(readFileSync(".ci/run", "utf8")).toMatch(/^npm ci --ignore-scripts /m)
    expect(readFileSync("scripts/bootstrap.mjs", "utf8")).toContain('"npm", [command, "--ignore-scripts"')
  })
})

describe("completed", () => {
  it("keeps no engines but the project's own", () => {
    const entry = { version: "1.0.0", integrity: "sha512-" }
    const packages = {
      "node_modules/b": { ...entry, engines: { node: ">=26" } },
      "": { engines: { node: ">=20" } },
    }
    const lock = completed({ packages })
    expect(lock.packages).toEqual({ "": { engines: { node: ">=20" } }, "node_modules/b": entry })
    expect(Object.keys(lock.packages)).toEqual(["", "node_modules/b"])
  })
})

describe("missingPlatforms", () => {
  it("adds what an optional dependency's name and version tell", () => {
    const packages = {
      "": {},
      "node_modules/tool": {
        dev: true,
        optionalDependencies: {
          "@tool/linux-x64-gnu": "1.2.3",
          "@tool/binding-linux-arm64-musl": "1.2.3",
          "@tool/win32-x64": "1.2.3",
          fsevents: "~2.3.0",
        },
      },
      "node_modules/@tool/linux-x64-gnu": { version: "1.2.3" },
    }
    expect(missingPlatforms({ packages })).toEqual({
      "node_modules/@tool/binding-linux-arm64-musl": {
        version: "1.2.3",
        cpu: ["arm64"],
        dev: true,
        libc: ["musl"],
        optional: true,
        os: ["linux"],
      },
      "node_modules/@tool/win32-x64": {
        version: "1.2.3",
        cpu: ["x64"],
        dev: true,
        optional: true,
        os: ["win32"],
      },
    })
  })

  it("reads platforms from names", () => {
    expect(platformOf("@oxlint/binding-linux-arm-gnueabihf")).toEqual({
      cpu: ["arm"],
      os: ["linux"],
      libc: ["glibc"],
    })
    expect(platformOf("fsevents")).toBeUndefined()
  })
})
