import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { missingPlatforms, platformOf } from "../../scripts/lib/lockfile.mjs"

describe("the lockfile", () => {
  const lock = JSON.parse(readFileSync("package-lock.json", "utf8"))

  it("holds the binaries of every platform, or npm ci refuses it (node scripts/complete-lockfile.mjs adds them)", () => {
    expect(missingPlatforms(lock)).toEqual({})
  })

  it("names no place to download from", () => {
    expect(
      Object.values(lock.packages).filter((entry) => Object.hasOwn(entry as object, "resolved")),
    ).toEqual([])
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
