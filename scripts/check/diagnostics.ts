import { type Outcome, command } from "./run.ts"

/**
 * Effect's own diagnostics over one TypeScript project. Misconfigured, the tool checks nothing and succeeds
 * (`Checked 0 files`), so the number of files it checked is held against the number there are.
 */
export const effectDiagnostics = async (project: string, expectedFiles: number): Promise<Outcome> => {
  const result = await command(
    "effect-tsgo",
    "diagnostics",
    "--project",
    project,
    "--format",
    "text",
    "--strict",
  )
  if (!result.ok) return result
  return checkedEnough(result.output, expectedFiles)
}

export const checkedEnough = (output: string, expectedFiles: number): Outcome => {
  const checked = Number(/^Checked (\d+) files/m.exec(output)?.[1] ?? 0)
  return checked > 0 && checked >= expectedFiles
    ? { ok: true, output }
    : {
        ok: false,
        output: `${output}\nonly ${checked} files were checked, there are at least ${expectedFiles}`,
      }
}
