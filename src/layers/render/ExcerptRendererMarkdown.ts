import * as Layer from "effect/Layer"
import { CONFIDENCE_LEGEND, cutTo, markdownCell, markdownHeader } from "../../domain/Markdown.ts"
import type { Basis } from "../../domain/ResultQuery.ts"
import type { GroupDetails, RunRow } from "../../domain/TaskGroup.ts"
import { ExcerptRenderer, type ExcerptTable } from "../../services/ExcerptRenderer.ts"
import type { Snapshot } from "../../services/GroupReader.ts"
import { basisMarkdown } from "./basisMarkdown.ts"
import { fitted, wholeLines } from "./fitted.ts"
import { addCells, markdownHeading } from "./markdownParts.ts"
import { rowMarkdown } from "./row/RowRendererMarkdown.ts"
import { tableColumns, tableRow } from "./table.ts"

/** A heading is no longer, however much there is room for. */
const HEADING_CHARS = 2_000
/** Names of columns are cut to this where there are too many of them, or too long ones. */
const NAME_CHARS = 40
/** Shorter than this, a reason or a source says nothing: better fewer of them. */
const BASIS_TEXT_CHARS = 200

/** `{origin}/{taskgroup_id}` without the latter: who reads an excerpt has no page that its links could be relative to. */
const originOf = ({ url, taskgroupId }: GroupDetails): string => url.slice(0, -taskgroupId.length - 1)

const cutNote = (leftOut: number, { inputIndex }: RunRow, { url }: GroupDetails, room: number): string => {
  if (leftOut === 0) return ""
  const said = `cut: ${leftOut} characters left out`
  const note = `(${said}; read ${url}/${inputIndex}.md)`
  return note.length > room / 3 ? `(${said})` : note
}

/** As many columns as there is room for, the first input's and the outputs' before the other inputs'. */
const columnsWithin = (group: Pick<Snapshot, "details">, room: number) => {
  const all = tableColumns(group)
  const header = (inputs: ReadonlyArray<string>, outputs: ReadonlyArray<string>) =>
    `${markdownHeader(["row", "status", ...inputs, ...outputs])}\n`
  const whole = header(all.inputs, all.outputs)
  if (whole.length <= room) return { ...all, header: whole, left: 0 }
  const short = (name: string) => cutTo(NAME_CHARS).text(name)
  // A column costs its name, its rule and what is between columns.
  const cost = (name: string) => markdownCell(short(name)).length + " | ".length + " | ---".length
  let size = header([], []).length
  const taken = new Set<string>()
  for (const name of [...all.inputs.slice(0, 1), ...all.outputs, ...all.inputs.slice(1)]) {
    size += cost(name)
    if (size > room) break
    taken.add(name)
  }
  const [inputs, outputs] = [all.inputs, all.outputs].map((names) => names.filter((name) => taken.has(name)))
  const left = all.inputs.length + all.outputs.length - taken.size
  return {
    inputs: inputs!,
    outputs: outputs!,
    header: header(inputs!.map(short), outputs!.map(short)),
    left,
  }
}

const tableOf = (group: Pick<Snapshot, "details" | "status">, basis: Basis, room: number): ExcerptTable => {
  const { details } = group
  const heading =
    fitted(Math.min(HEADING_CHARS, room / 4), 0, (cut) => markdownHeading(group, originOf(details), cut)) ??
    `# Task group ${details.taskgroupId}\n\n`
  const { inputs, outputs, header, left } = columnsWithin(group, room / 5)

  const lineOf = (row: RunRow, cut: ReturnType<typeof cutTo>, lineRoom: number): string => {
    const parts = [`| ${row.inputIndex} | `]
    addCells(parts, tableRow(row, { inputs, outputs }), cut)
    const note = cutNote(cut.leftOut(), row, details, lineRoom)
    if (note !== "") parts[1] += ` ${note}`
    return `${parts.join("")} |\n`
  }
  const whole = cutTo(Number.POSITIVE_INFINITY)
  const basisOf = (row: RunRow) => (basis === "none" ? "" : basisMarkdown(row, basis))

  return {
    heading,
    header: (left === 0 ? "" : `${left} columns have no room here.\n\n`) + header,
    foot: `\nRows are counted from 0. ${CONFIDENCE_LEGEND}\n`,
    row: (row, rowRoom) => {
      const line = lineOf(row, whole, rowRoom)
      if (line.length > rowRoom) return null
      const written = { line, basis: basisOf(row) }
      return line.length + written.basis.length <= rowRoom ? written : null
    },
    cutRow: (row, rowRoom) => {
      const all = basisOf(row)
      const lineRoom = Math.max(Math.floor(rowRoom / 2), rowRoom - all.length)
      const line = fitted(lineRoom, 0, (cut) => lineOf(row, cut, lineRoom)) ?? `| ${row.inputIndex} |\n`
      const left = rowRoom - line.length
      if (all.length <= left || basis === "none") return { line, basis: all }
      return { line, basis: documentWithin(left, row, details, (cut) => basisMarkdown(row, basis, cut)) }
    },
  }
}

/** A document about a row: with shorter texts where that is enough, else with fewer lines. */
const documentWithin = (
  room: number,
  row: RunRow,
  group: GroupDetails,
  write: (cut: ReturnType<typeof cutTo>) => string,
): string => {
  const noted = (cut: ReturnType<typeof cutTo>): string => {
    const text = write(cut)
    const note = cutNote(cut.leftOut(), row, group, room)
    return note === "" ? text : `${text}\n… ${note}\n`
  }
  const short = cutTo(BASIS_TEXT_CHARS)
  const shortest = write(short)
  // Where there are too many texts, shorter ones are not tried one after the other: it may be a lot to write.
  const text = shortest.length > room ? null : fitted(room, BASIS_TEXT_CHARS, noted)
  return (
    text ??
    wholeLines(shortest, room, (leftOut) => `\n… ${cutNote(short.leftOut() + leftOut, row, group, room)}\n`)
  )
}

export const ExcerptRendererMarkdown = Layer.succeed(ExcerptRenderer, {
  table: tableOf,
  alone: (row, group, room) =>
    documentWithin(room, row, group, (cut) => rowMarkdown(row, group, originOf(group), row.attempt, cut)),
})
