import { existsSync } from "node:fs"
import { effectDiagnostics } from "./diagnostics.ts"
import { projectFiles, readFiles } from "./files.ts"
import { checkImports, type SourceFile, type Violation } from "./imports.ts"
import { checkThirdParty } from "./licences.ts"
import { checkPackage } from "./package.ts"
import { checkPages } from "./pages.ts"
import { command, type Outcome, runSteps, type Step } from "./run.ts"
import { checkText } from "./text.ts"

export const main = async (): Promise<number> => {
  const started = performance.now()
  const files = projectFiles()
  const done = await runSteps(steps(files), 2, ({ name, ok, seconds }) =>
    console.log(`${ok ? "ok    " : "FAILED"} ${name} (${seconds.toFixed(1)} s)`),
  )
  const failed = done.filter(({ ok }) => !ok)
  for (const { name, output } of failed) console.error(`\n--- ${name}\n${output}`)
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  console.log(
    failed.length === 0
      ? `\ncheck: all ${done.length} steps passed in ${seconds} s`
      : `\ncheck: ${failed.length} of ${done.length} steps failed (${failed.map(({ name }) => name).join(", ")}) in ${seconds} s`,
  )
  return failed.length === 0 ? 0 : 1
}

/** The long ones first, so that two at a time end together. */
const steps = (paths: ReadonlyArray<string>): ReadonlyArray<Step> => {
  const workerFiles = paths.filter(
    (path) =>
      isTypeScript(path) &&
      /^(?:src|test\/worker|bench\/workers)\//.test(path) &&
      !isAsset(path) &&
      !isForNode(path),
  )
  const nodeFiles = paths.filter(
    (path) =>
      isTypeScript(path) &&
      (isForNode(path) || /^(?:simulator|smoke|scripts|bench|test)\//.test(path)) &&
      !/^(?:test\/worker|bench\/workers)\//.test(path),
  )
  const imports = paths.filter((path) => /^(?:src|simulator)\/.*\.[cm]?[jt]s$/.test(path))
  return [
    { name: "generated types", run: () => command("wrangler", "types", "--check") },
    { name: "unused files, exports, dependencies", run: () => command("knip", "--no-progress") },
    { name: "lint", run: () => command("oxlint", "--type-aware", "--deny-warnings") },
    { name: "Effect diagnostics: Worker", run: () => effectDiagnostics("tsconfig.json", workerFiles.length) },
    {
      name: "Effect diagnostics: Node",
      run: () => effectDiagnostics("tsconfig.node.json", nodeFiles.length),
    },
    { name: "third-party licences", run: checkThirdParty },
    { name: "the package as it is published", run: checkPackage },
    { name: "what npm run pages makes", run: checkPages },
    { name: "types: Worker", run: () => command("tsc", "--noEmit") },
    { name: "types: Node", run: () => command("tsc", "--noEmit", "-p", "tsconfig.node.json") },
    ...(existsSync("src/pages/assets/tsconfig.json")
      ? [{ name: "types: browser", run: () => command("tsc", "--noEmit", "-p", "src/pages/assets") }]
      : []),
    { name: "format", run: () => command("oxfmt", "--check") },
    { name: "import table", run: () => rule(checkImports, imports) },
    { name: "text rules", run: () => rule(checkText, paths) },
  ]
}

const isTypeScript = (path: string) => path.endsWith(".ts")
/** What of src runs in Node, not in the Worker. */
const isForNode = (path: string) => /^src\/(?:cli\/|entry\/testing)/.test(path)
const isAsset = (path: string) => path.startsWith("src/pages/assets/")

const rule = (
  check: (files: ReadonlyArray<SourceFile>) => ReadonlyArray<Violation>,
  paths: ReadonlyArray<string>,
): Outcome => {
  const violations = check(readFiles(paths))
  return {
    // A rule that is given nothing to look at holds nothing.
    ok: paths.length > 0 && violations.length === 0,
    output:
      violations.map(({ path, line, message }) => `${path}:${line}: ${message}`).join("\n") ||
      "no files found",
  }
}
