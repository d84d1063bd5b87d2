import { PRODUCT } from "../domain/Product.ts"
import { type Command, type CommandName, commandNamed, COMMANDS } from "./commands.ts"
import { type Option, OPTIONS, optionNamed } from "./options.ts"
import { wrap } from "./text.ts"

const WIDTH = 80

/** The help of a command, or of them all. It fits into {@link WIDTH} columns. */
export const help = (name: CommandName | null): string =>
  name === null ? overview() : commandHelp(commandNamed(name)!)

const overview = (): string => `  ${PRODUCT} run companies.csv --describe "the CEO" -o out.csv

asks the same of every row of a file, and writes the file again with the answers
as columns.

Commands:
${table(COMMANDS.map((command) => [synopsis(command), command.about]))}

Options:
${optionTable(OPTIONS)}

FILE is CSV, TSV, JSON or JSON Lines; - is stdin. GROUP is a group's id or URL.
Results and plans go to stdout, everything else to stderr.
${PRODUCT} COMMAND --help says more of a command.

Environment:
  PARALLEL_API_KEY a Parallel API key; else what login keeps, else you are asked
  MULTITASK_URL    the deployment to use

Exit codes: 0 all rows completed, 1 refused or wrong usage, 2 some rows did not
complete (run, follow), 130 after Ctrl-C.
`

const commandHelp = (command: Command): string => `  ${PRODUCT} ${command.name} ${command.example}

${wrap(`${synopsis(command)} [OPTIONS]: ${command.about}.`, WIDTH)}
${wrap(command.details, WIDTH)}

Options:
${optionTable([...command.options, "help" as const].map(optionNamed))}
`

const synopsis = ({ name, positionals }: Command): string => [name, ...positionals].join(" ")

const optionTable = (options: ReadonlyArray<Option>): string =>
  table(
    options.map(({ name, short, value, about }) => [
      `${short === undefined ? "    " : `-${short}, `}--${name}${value === null ? "" : ` ${value}`}`,
      about,
    ]),
  )

const table = (rows: ReadonlyArray<readonly [string, string]>): string => {
  const width = Math.max(...rows.map(([left]) => left.length))
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join("\n")
}
