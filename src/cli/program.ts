import { VERSION } from "../domain/Product.ts"
import type { CommandName } from "./commands.ts"
import { add, remove, resume, retry, stop } from "./commands/act.ts"
import { plan, submit } from "./commands/create.ts"
import { login, logout } from "./commands/keys.ts"
import { follow, get, run as runFile } from "./commands/read.ts"
import { failureText } from "./failureText.ts"
import { help } from "./help.ts"
import { Interrupted, Interruption } from "./Interruption.ts"
import { parse } from "./parse.ts"
import { type Session, write } from "./Session.ts"
import type { World } from "./World.ts"

const PROGRAMS: Readonly<Record<CommandName, (session: Session) => Promise<number>>> = {
  plan,
  run: runFile,
  submit,
  follow,
  get,
  add,
  retry,
  stop,
  resume,
  delete: remove,
  login,
  logout,
}

/** Does what the arguments say. Resolves with the exit code, and never rejects. */
export const run = async (
  argv: ReadonlyArray<string>,
  world: World,
  interruption = new Interruption(),
): Promise<number> => {
  let session: Session | null = null
  const ignore = () => {}
  // A reader that leaves early is told to each write; unheard, it would end the program.
  world.stdout.on("error", ignore)
  world.stderr.on("error", ignore)
  try {
    const parsed = parse(argv)
    if (parsed._tag === "help") await write(world.stdout, help(parsed.command))
    else if (parsed._tag === "version") await write(world.stdout, `${VERSION}\n`)
    else {
      session = {
        ...parsed,
        world,
        interruption,
        secrets: new Set(),
        lineOfRow: () => undefined,
        group: null,
      }
      return await PROGRAMS[parsed.command](session)
    }
    return 0
  } catch (error) {
    return await end(error, world, session)
  } finally {
    world.stdout.off("error", ignore)
    world.stderr.off("error", ignore)
  }
}

const end = async (error: unknown, world: World, session: Session | null): Promise<number> => {
  if (error instanceof Interrupted) {
    // Behind the ^C that a terminal shows.
    const begin = world.stderr.isTTY === true ? "\n" : ""
    await write(world.stderr, error.message === "" ? begin : `${begin}${error.message}\n`)
    return error.exitCode
  }
  const said = failureText(error, session)
  const { group = null, interruption } = session ?? {}
  // What has been paid for is not lost with what went wrong after it.
  const left = group === null || said.includes(group.url) ? "" : `\n${interruption?.meaning ?? ""}`
  await write(world.stderr, `${said}${left}\n`)
  return 1
}
