import * as Redacted from "effect/Redacted"
import { membersOf } from "./JsonText.ts"
import type { JsonText } from "./TaskGroup.ts"

/** What is passed on in every run, to follow other members of a run input: where it holds secrets, with them. */
export const runOptionsText = (
  runOptions: JsonText,
  runSecrets: Redacted.Redacted<JsonText> | null,
): string => {
  const secret = runSecrets === null ? [] : membersOf(Redacted.value(runSecrets))
  const names = new Set(secret.map(({ name }) => name))
  return [...membersOf(runOptions).filter(({ name }) => !names.has(name)), ...secret]
    .map(({ key, value }) => `,${key}:${value}`)
    .join("")
}
