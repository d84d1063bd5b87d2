export interface Counts {
  readonly passed: number
  readonly failed: number
}

/** The parts of vitest's JSON report that are counted. */
export interface Report {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly testResults: ReadonlyArray<{
    /** The file's path */
    readonly name: string
    readonly status: string
    /** Why the file could not be loaded */
    readonly message?: string
    readonly assertionResults: ReadonlyArray<{
      readonly fullName?: string
      readonly status?: string
      readonly failureMessages?: ReadonlyArray<string> | null
    }>
  }>
}

/**
 * What one vitest run amounts to. A file that could not even be loaded counts as a failed test, and so does a run that
 * ended badly without counting any: it crashed, or an error was thrown outside of the tests.
 */
export const countRun = (report: Report | undefined, exitCode: number): Counts => {
  const unloaded =
    report?.testResults.filter(
      ({ status, assertionResults }) => status === "failed" && assertionResults.length === 0,
    ) ?? []
  const failed = (report?.numFailedTests ?? 0) + unloaded.length
  return {
    passed: report?.numPassedTests ?? 0,
    failed: failed === 0 && (exitCode !== 0 || report === undefined) ? 1 : failed,
  }
}

/**
 * The projects that ran no test at all. Vitest itself only complains when none of a run's projects has any. `unit`
 * takes every file that has no project of its own, so the folder tells the project.
 */
export const projectsWithoutTests = (
  report: Report | undefined,
  projects: ReadonlyArray<string>,
  own: ReadonlyArray<string>,
): ReadonlyArray<string> => {
  const projectOf = (file: string) =>
    own.find((project) => file.replaceAll("\\", "/").includes(`/test/${project}/`)) ?? "unit"
  const present = new Set(report?.testResults.map(({ name }) => projectOf(name)))
  return projects.filter((project) => !present.has(project))
}

/** Enough of a failure to tell what went wrong, where a log may be cut. */
const MAX_FAILURES = 40
const MAX_LINES = 8

/**
 * What failed, to be said once more at the very end: whoever has only the end of a long log still learns what to look
 * for.
 */
export const failuresOf = (report: Report | undefined): ReadonlyArray<string> => {
  const failures = (report?.testResults ?? []).flatMap(({ name, status, message, assertionResults }) => {
    if (status === "failed" && assertionResults.length === 0) {
      return [describeFailure(name, "could not be loaded", [message ?? ""])]
    }
    return assertionResults
      .filter((test) => test.status === "failed")
      .map((test) => describeFailure(name, test.fullName ?? "", test.failureMessages ?? []))
  })
  const more = failures.length - MAX_FAILURES
  return more > 0 ? [...failures.slice(0, MAX_FAILURES), `… and ${more} more`] : failures
}

const describeFailure = (file: string, test: string, messages: ReadonlyArray<string>): string => {
  const place = file.replaceAll("\\", "/").replace(/^.*\/(?=test\/)/, "")
  const lines = messages.join("\n").split("\n")
  return [
    `FAILED ${place} > ${test}`,
    ...lines.slice(0, MAX_LINES).map((line) => `    ${line.slice(0, 300)}`),
  ].join("\n")
}

export const sum = (counts: ReadonlyArray<Counts>): Counts => ({
  passed: counts.reduce((total, { passed }) => total + passed, 0),
  failed: counts.reduce((total, { failed }) => total + failed, 0),
})

/** The last line of `npm test`, which `.ci/run` and others read. */
export const summary = ({ passed, failed }: Counts): string => `${passed} passed, ${failed} failed`
