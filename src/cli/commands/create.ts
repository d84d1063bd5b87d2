import { readFile } from "node:fs/promises"
import { PRODUCT } from "../../domain/Product.ts"
import { type Created, JsonText, type Multitask, type TaskGroup } from "../../client/index.ts"
import { capOf, change, confirm, prepareAccess } from "../access.ts"
import { type InputFile, readInputFile } from "../inputFile.ts"
import { hostOf } from "../place.ts"
import { forCost, planText, type ReadPlan, readPlan, warningFacts, widthOf } from "../planText.ts"
import { Refused } from "../Refused.ts"
import { say, type Session, writeOut } from "../Session.ts"
import { terminalText } from "../terminalText.ts"
import { factsText, line, plural } from "../text.ts"
import { wholeAnswer } from "../wholeAnswer.ts"

/** A deployment and what is asked of it. */
export interface Prepared {
  readonly multitask: Multitask
  readonly file: InputFile
  readonly read: ReadPlan
}

/** Checks all that can be checked here, then asks what it would come to. */
export const preparePlan = async (
  session: Session,
  { asks }: { readonly asks: boolean },
): Promise<Prepared> => {
  const { options, world, interruption } = session
  const [fileName = "-"] = session.positionals
  const access = await prepareAccess(session, hostOf(session), { asks, fromStdin: fileName === "-" })
  const schema = options.schema === null ? null : await readSchema(options.schema)
  const file = await interruption.race(readInputFile(fileName, world, options))
  session.lineOfRow = file.lineOfRow
  const multitask = await access()
  const body = requestText(session, file, schema)
  const read = await wholeAnswer(
    multitask,
    { method: "POST", path: "/v1beta/tasks/multitask", body, signal: interruption.signal },
    { read: readPlan, broken: () => `The answer broke off. ${interruption.meaning} Try again.` },
  )
  return { multitask, file, read }
}

const readSchema = async (path: string): Promise<string> => {
  if (/^\s*\{/.test(path))
    throw new Refused("--schema takes the name of a file that holds the JSON Schema, not the schema itself.")
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw new Refused(
      error.code === "ENOENT"
        ? `--schema: there is no file ${line(path)}.`
        : `--schema: ${line(path)} cannot be read (${error.code ?? "unknown"}).`,
    )
  })
  const json = text.replace(/^\uFEFF/, "")
  let schema: unknown
  try {
    schema = JSON.parse(json)
  } catch (error) {
    throw new Refused(`--schema: ${line(path)} is not JSON: ${line((error as Error).message)}.`)
  }
  if (typeof schema !== "object" || schema === null || Array.isArray(schema))
    throw new Refused(`--schema: ${line(path)} holds no JSON Schema, which is an object.`)
  return json
}

/** What is asked, but for rows and schema. */
const asked = ({ options }: Session) => ({
  output_type: options.text ? ("text" as const) : ("json" as const),
  ...(options.describe !== null && { output_description: options.describe }),
  ...(options.limit !== null && { limit: options.limit }),
  ...(options.skipEmpty && { skip_empty: true }),
  ...(options.title !== null && { title: options.title }),
})

/** Rows and schema go out as they are written: every digit, and the order of names. */
const requestText = (session: Session, file: InputFile, schema: string | null): string => {
  const { maxCost, processor } = session.options
  const rest = JSON.stringify({
    dry_run: true,
    ...asked(session),
    ...(processor !== null && { processor }),
    ...(maxCost !== null && { max_cost_usd: maxCost }),
  })
  const schemaMember = schema === null ? "" : `"output_schema":${schema},`
  return `{"inputs":${file.json},${schemaMember}${rest.slice(1)}`
}

export const planned = (session: Session, { file, read }: Prepared, width: number): string =>
  planText(read, { file, isText: session.options.text, width })

/** `plan FILE`. */
export const plan = async (session: Session): Promise<number> => {
  const prepared = await preparePlan(session, { asks: false })
  const { stdout } = session.world
  await writeOut(session, `${planned(session, prepared, widthOf(stdout))}\n`)
  return 0
}

/** Shows the plan, asks, and creates the group: exactly what the plan says, with nothing suggested again. */
export const createPlanned = async (
  session: Session,
  prepared: Prepared,
  tell: (url: string) => Promise<void>,
): Promise<TaskGroup & { readonly created: Created }> => {
  const { multitask, file, read } = prepared
  const { plan, schema } = read
  await say(session, planned(session, prepared, widthOf(session.world.stderr)))
  await confirm(session, `Run ${plural(plan.num_inputs, "row")} ${forCost(plan.estimated_cost_usd)}?`)
  return change(session, {
    send: (signal) =>
      multitask.create(
        {
          inputs: new JsonText(file.json),
          ...asked(session),
          processor: plan.processor,
          ...(schema !== null && { output_schema: new JsonText(schema) }),
          ...capOf(session, plan.estimated_cost_usd),
        },
        { signal },
      ),
    done: async (group) => {
      // Its URL as the server gives it out, which may be another than the one that was asked.
      const url = terminalText(group.created.url)
      session.group = { url }
      session.interruption.meaning = goesOn(url)
      const news = group.created.warnings.filter((warning) => !plan.warnings.includes(warning))
      if (news.length > 0) await say(session, factsText(warningFacts(news), widthOf(session.world.stderr)))
      await tell(url)
    },
    doubt:
      "It is not known whether the group was created. Running the command again may create, and cost, a second one.",
  })
}

/** Said to who leaves while rows are under way. */
export const goesOn = (url: string): string =>
  `The group goes on: ${url}\nTo come back to it: ${PRODUCT} follow ${url}`

/** `submit FILE`. */
export const submit = async (session: Session): Promise<number> => {
  const prepared = await preparePlan(session, { asks: true })
  await createPlanned(session, prepared, async (url) => {
    if (!(await writeOut(session, `${url}\n`))) await say(session, `Results: ${url}`)
  })
  return 0
}
