/** What an option is, and how help tells of it. */
export interface Option {
  readonly name: string
  readonly short?: string
  /** What its value is called in help; null: it takes none. */
  readonly value: string | null
  readonly about: string
}

/** Every option there is, in the order of the help. */
export const OPTIONS = [
  { name: "describe", value: "TEXT", about: "what is to be found out about each row" },
  { name: "schema", value: "FILE", about: "a JSON Schema of the answer, instead of a suggested one" },
  { name: "text", value: null, about: "answer each row with text, not with columns" },
  { name: "processor", value: "NAME", about: "lite, base, core, pro, ultra …; else a suggested one" },
  { name: "limit", value: "N", about: "only the first N rows" },
  { name: "skip-empty", value: null, about: "leave rows without any value out" },
  { name: "max-cost", value: "USD", about: "refuse to begin when the estimate is above it" },
  { name: "title", value: "TEXT", about: "shown wherever the results are" },
  {
    name: "output",
    short: "o",
    value: "FILE",
    about: "write results there: .csv, .tsv, .json, .jsonl or .md",
  },
  { name: "yes", short: "y", value: null, about: "do not ask before spending or deleting" },
  { name: "host", value: "URL", about: "the deployment; else what MULTITASK_URL says" },
  { name: "help", short: "h", value: null, about: "show help" },
  { name: "version", value: null, about: "show the version" },
] as const satisfies ReadonlyArray<Option>

export type OptionName = (typeof OPTIONS)[number]["name"]

/** The option of this name. */
export const optionNamed = (name: OptionName): Option => OPTIONS.find((option) => option.name === name)!

/** What was given, text as it was written. */
export interface Options {
  readonly describe: string | null
  readonly schema: string | null
  readonly text: boolean
  readonly processor: string | null
  readonly limit: number | null
  readonly skipEmpty: boolean
  readonly maxCost: number | null
  readonly title: string | null
  readonly output: string | null
  readonly yes: boolean
  readonly host: string | null
}
