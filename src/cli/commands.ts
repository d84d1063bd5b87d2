import type { OptionName } from "./options.ts"

export interface Command {
  readonly name: string
  /** What stands behind it, by name. */
  readonly positionals: ReadonlyArray<"FILE" | "GROUP">
  readonly options: ReadonlyArray<OptionName>
  /** A line of the list of commands. */
  readonly about: string
  /** What its own help says besides. */
  readonly details: string
  /** Its arguments in an example. */
  readonly example: string
}

/** What says which rows are sent, and what is asked of them. */
const REQUEST = [
  "describe",
  "schema",
  "text",
  "processor",
  "limit",
  "skip-empty",
  "max-cost",
  "title",
] as const satisfies ReadonlyArray<OptionName>

const GROUP_URL = "https://m.example/tgrp_01234567"

/** Every command, in the order of the help. */
export const COMMANDS = [
  {
    name: "run",
    positionals: ["FILE"],
    options: [...REQUEST, "output", "yes", "host"],
    about: "run the rows of FILE, wait, write the results",
    details:
      "Shows what it will cost and asks before anything is spent. Results go to --output, else to stdout in FILE's own format. Ctrl-C leaves the group running. Exit code 0: every row completed; 2: some did not.",
    example: `companies.csv --describe "the CEO" -o out.csv`,
  },
  {
    name: "plan",
    positionals: ["FILE"],
    options: [...REQUEST, "host"],
    about: "show what a run would do and cost; nothing is created",
    details: "Checks the rows and suggests columns and a processor, as a run would.",
    example: `companies.csv --describe "the CEO"`,
  },
  {
    name: "submit",
    positionals: ["FILE"],
    options: [...REQUEST, "yes", "host"],
    about: "as run, but print the URL and do not wait",
    details: "Prints the URL of the results, and nothing else, to stdout.",
    example: `companies.csv --describe "the CEO" --yes`,
  },
  {
    name: "follow",
    positionals: ["GROUP"],
    options: ["output", "host"],
    about: "wait for a group's end, then write the results",
    details:
      "Results go to --output, else to stdout as JSON Lines. Needs no key, and without --host and MULTITASK_URL reads from the URL's own host. Exit code 0: every row completed; 2: some did not.",
    example: `${GROUP_URL} -o out.csv`,
  },
  {
    name: "get",
    positionals: ["GROUP"],
    options: ["output", "host"],
    about: "write a group's results as they are now",
    details:
      "Results go to --output, else to stdout as JSON Lines. Needs no key, and without --host and MULTITASK_URL reads from the URL's own host.",
    example: `${GROUP_URL} -o out.csv`,
  },
  {
    name: "add",
    positionals: ["GROUP", "FILE"],
    options: ["limit", "skip-empty", "max-cost", "yes", "host"],
    about: "add the rows of FILE to a group",
    details: "They are asked the same, by the group's processor. Shows the cost and asks first.",
    example: `${GROUP_URL} more.csv`,
  },
  {
    name: "retry",
    positionals: ["GROUP"],
    options: ["processor", "max-cost", "yes", "host"],
    about: "run the rows again that failed or were cancelled",
    details: "Shows the cost and asks first. --processor has them run by another processor.",
    example: `${GROUP_URL} --processor pro`,
  },
  {
    name: "stop",
    positionals: ["GROUP"],
    options: ["host"],
    about: "send no more rows; what is sent goes on to its end",
    details: "Does not ask: resume undoes it.",
    example: GROUP_URL,
  },
  {
    name: "resume",
    positionals: ["GROUP"],
    options: ["yes", "host"],
    about: "send the rows that were left unsent",
    details: "Shows what stands and asks first.",
    example: GROUP_URL,
  },
  {
    name: "delete",
    positionals: ["GROUP"],
    options: ["yes", "host"],
    about: "delete a group and its results for good",
    details: "Shows what goes and asks first.",
    example: GROUP_URL,
  },
  {
    name: "login",
    positionals: [],
    options: ["host"],
    about: "keep a Parallel API key for a host",
    details:
      "Asks for the key without showing it, or reads it from stdin. It is kept in a file that only you can read, one key for each host. PARALLEL_API_KEY wins over it.",
    example: "--host https://multitask.example",
  },
  {
    name: "logout",
    positionals: [],
    options: ["host"],
    about: "forget the key that login kept",
    details: "The key itself stays valid at Parallel.",
    example: "--host https://multitask.example",
  },
] as const satisfies ReadonlyArray<Command>

export type CommandName = (typeof COMMANDS)[number]["name"]

export const commandNamed = (name: string): (Command & { readonly name: CommandName }) | undefined =>
  COMMANDS.find((command) => command.name === name)
