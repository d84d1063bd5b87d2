import type { SourceFile, Violation } from "./imports.ts"

/**
 * Words that must not be in a file of the project, whatever its language. Each pattern is written so that it does not
 * match itself.
 */
interface TextRule {
  readonly pattern: RegExp
  readonly message: string
  readonly applies?: (path: string) => boolean
}

const isTest = (path: string) => /^test\/.*\.[cm]?[jt]s$/.test(path)

const isProse = (path: string) => path.endsWith(".md")

const rules: ReadonlyArray<TextRule> = [
  { pattern: /\b(?:TO[D]O|FIX[M]E)\b/, message: "do it, or file an issue" },
  {
    pattern: /\.(?:only|skip)\s*\(/,
    message: "a test that is left out, or leaves the others out",
    applies: isTest,
  },
  // Folders of the machines where this was written: nothing in the project may need them.
  {
    pattern: /\.\.\/share[d]\/(?:[A-Z]|parallel\b|hooks\b)/,
    message: "refers to a folder outside of the project",
  },
  { pattern: /\.\.\/share[d]\b/, message: "refers to a folder outside of the project", applies: isProse },
  {
    pattern: /(?<![\w.~-])\/wor[k]\/(?:main|share[d]|\.library|tmp)/,
    message: "refers to a folder of one machine",
  },
  {
    pattern: /\bregistry\.[a-z0-9-]+(?:\.[a-z0-9-]+)+/i,
    message: "names a package registry: npm knows which to use",
  },
  { pattern: /"resolve[d]":\s*"http/, message: "names a package registry: npm knows which to use" },
]

/** Generated: whatever is in there, nobody here wrote it. */
const generated = new Set(["worker-configuration.d.ts"])

export const checkText = (files: ReadonlyArray<SourceFile>): ReadonlyArray<Violation> =>
  files
    .filter(({ path }) => !generated.has(path))
    .flatMap(({ path, text }) => {
      const applying = rules.filter(({ applies }) => applies?.(path) ?? true)
      // Most files break no rule: line by line only where there is something to find.
      if (!applying.some(({ pattern }) => pattern.test(text))) return []
      return text.split("\n").flatMap((line, index) =>
        applying
          .filter(({ pattern }) => pattern.test(line))
          .map(({ pattern, message }) => ({
            path,
            line: index + 1,
            message: `${JSON.stringify(pattern.exec(line)?.[0])}: ${message}`,
          })),
      )
    })
