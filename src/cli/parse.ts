import { parseArgs } from "node:util"
import { nearestName } from "../domain/nearestName.ts"
import { type Command, type CommandName, commandNamed, COMMANDS } from "./commands.ts"
import { type Option, type OptionName, type Options, OPTIONS, optionNamed } from "./options.ts"
import { line } from "./text.ts"
import { WrongUsage } from "./WrongUsage.ts"

export type Parsed =
  | { readonly _tag: "help"; readonly command: CommandName | null }
  | { readonly _tag: "version" }
  | {
      readonly _tag: "command"
      readonly command: CommandName
      readonly positionals: ReadonlyArray<string>
      readonly options: Options
    }

type Found = ReturnType<typeof parseArgs>["tokens"]
type OptionToken = Extract<NonNullable<Found>[number], { kind: "option" }>

/** What the arguments say. Throws a {@link WrongUsage}. */
export const parse = (argv: ReadonlyArray<string>): Parsed => {
  // Refusals are our own, because those of `parseArgs` do not say what was meant.
  const { tokens } = parseArgs({
    args: [...argv],
    options: Object.fromEntries(
      OPTIONS.map(({ name, value, ...option }) => [
        name,
        { type: value === null ? ("boolean" as const) : ("string" as const), ...shortOf(option) },
      ]),
    ),
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  const [first, ...positionals] = tokens.flatMap((token) =>
    token.kind === "positional" ? [token.value] : [],
  )
  const given = tokens.filter((token) => token.kind === "option")
  const has = (name: OptionName) => given.some((token) => token.name === name)
  if (first === "help" && positionals.length < 2)
    return { _tag: "help", command: positionals[0] === undefined ? null : knownCommand(positionals[0]).name }
  // A value of an option that is mistyped looks like a command.
  if (first === undefined || commandNamed(first) === undefined)
    for (const token of given) if (!isOption(token.name)) knownOption(token, null)
  if (first === undefined) {
    if (has("version")) return { _tag: "version" }
    if (has("help") || argv.length === 0) return { _tag: "help", command: null }
    throw new WrongUsage("A command is missing.")
  }
  const command = knownCommand(first)
  if (has("help")) return { _tag: "help", command: command.name }
  if (has("version")) return { _tag: "version" }
  const options = optionsOf(given, command)
  checkPositionals(positionals, command)
  checkQuestion(command, options)
  return { _tag: "command", command: command.name, positionals, options }
}

const shortOf = ({ short }: Omit<Option, "name" | "value">) => (short === undefined ? {} : { short })

const knownCommand = (name: string): Command & { readonly name: CommandName } => {
  const command = commandNamed(name)
  if (command !== undefined) return command
  const names = COMMANDS.map((one) => one.name)
  throw new WrongUsage(`There is no command ${line(name)}.${didYouMean(nearestName(name, names), names)}`)
}

const didYouMean = (name: string | null, names: ReadonlyArray<string>): string =>
  name === null ? ` There are ${names.join(", ")}.` : ` Did you mean ${name}?`

const isOption = (name: string): name is OptionName => OPTIONS.some((option) => option.name === name)

const takes = (command: Command, name: OptionName): boolean => command.options.includes(name)

/** An option that the command takes, and with a value where it needs one. */
const knownOption = (token: OptionToken, command: Command | null): Option => {
  const { name, rawName } = token
  const where = command?.name ?? null
  if (!isOption(name)) {
    const names = command === null ? OPTIONS.map((option) => option.name) : command.options
    const near = nearestName(name, names)
    const meant = near === null ? "" : ` Did you mean --${near}?`
    throw new WrongUsage(`There is no option ${line(rawName)}.${meant}${ownWords(name)}`, where)
  }
  if (command !== null && !takes(command, name)) {
    const takers = COMMANDS.filter((one) => takes(one, name)).map((one) => one.name)
    throw new WrongUsage(
      `${command.name} takes no --${name}: ${list(takers)} ${takers.length > 1 ? "do" : "does"}.`,
      where,
    )
  }
  return checkValue(token, optionNamed(name), where)
}

/** Keys are the one thing that many tools take here, and that must not be in a process list or a shell's history. */
const ownWords = (name: string): string =>
  /key|token|secret/i.test(name) ? " A key is never an argument: set PARALLEL_API_KEY, or use login." : ""

const checkValue = (token: OptionToken, option: Option, command: string | null): Option => {
  const { rawName, value, inlineValue } = token
  if (option.value === null) {
    if (value !== undefined) throw new WrongUsage(`${line(rawName)} takes no value.`, command)
    return option
  }
  const hint = `Write ${option.value === "TEXT" ? `--${option.name} "…"` : `--${option.name} ${option.value}`}`
  if (value === undefined || value.trim() === "")
    throw new WrongUsage(`${line(rawName)} needs a value. ${hint}.`, command)
  // `--limit --yes`: a forgotten value, and not one that is called --yes.
  if (inlineValue === false && value.startsWith("-") && value !== "-")
    throw new WrongUsage(
      `${line(rawName)} needs a value, and ${line(value)} looks like an option. A value that begins with a dash is written as --${option.name}=${line(value)}.`,
      command,
    )
  return option
}

const optionsOf = (tokens: ReadonlyArray<OptionToken>, command: Command): Options => {
  const values = new Map<string, string>()
  for (const token of tokens) {
    const { name } = knownOption(token, command)
    if (values.has(name)) throw new WrongUsage(`--${name} is there twice. Which one is meant?`, command.name)
    values.set(name, token.value ?? "")
  }
  const text = (name: OptionName) => values.get(name) ?? null
  return {
    describe: text("describe"),
    schema: text("schema"),
    text: values.has("text"),
    processor: text("processor"),
    limit: numberOf(text("limit"), /^[1-9]\d{0,14}$/, "--limit must be a whole number from 1 on", command),
    skipEmpty: values.has("skip-empty"),
    maxCost: numberOf(
      text("max-cost"),
      /^\$?(?:\d{1,12}(?:\.\d+)?|\.\d+)$/,
      "--max-cost must be an amount of US dollars, such as 5 or 7.50",
      command,
    ),
    title: text("title"),
    output: text("output"),
    yes: values.has("yes"),
    host: text("host"),
  }
}

const numberOf = (text: string | null, form: RegExp, must: string, command: Command): number | null => {
  if (text === null) return null
  if (!form.test(text)) throw new WrongUsage(`${must}, not ${line(text)}.`, command.name)
  return Number(text.replace("$", ""))
}

const checkPositionals = (given: ReadonlyArray<string>, { name, positionals }: Command): void => {
  const missing = positionals.slice(given.length)
  if (missing.length > 0) throw new WrongUsage(`${name} needs ${missing.join(" and ")}.`, name)
  const [surplus] = given.slice(positionals.length)
  if (surplus === undefined) return
  const takes = positionals.length === 0 ? "nothing" : `only ${positionals.join(" and ")}`
  throw new WrongUsage(
    `${name} takes ${takes}, and does not know what to do with ${line(surplus)}. Text with blanks needs quotation marks.`,
    name,
  )
}

/** What no server need be asked: whether anything is asked of the rows, and only in one way. */
const checkQuestion = (command: Command, { describe, schema, text }: Options): void => {
  if (!takes(command, "describe")) return
  if (text && schema !== null)
    throw new WrongUsage(
      "--schema does not go with --text: text has no columns. Leave one out.",
      command.name,
    )
  if (!text && describe === null && schema === null)
    throw new WrongUsage(
      `Nothing says what is to be found out. Add --describe "…", --schema FILE, or --text.`,
      command.name,
    )
}

const list = (names: ReadonlyArray<string>): string =>
  names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`
