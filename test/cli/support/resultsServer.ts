import { Multitask } from "../../../src/client/index.ts"
import { escapeRaw } from "../../../src/domain/JsonText.ts"
import { lineJson } from "../../../src/domain/LineJson.ts"
import { mergedOf, resultJson, runJsonOf } from "../../../src/domain/RunJson.ts"
import type { JsonText, RunRow } from "../../../src/domain/TaskGroup.ts"
import { groupId } from "../../support/ids.ts"
import { rowOf } from "../../layers/render/snapshotOf.ts"

export const ID = "tgrp_00000001"

/** A row as the store has it, of JSON texts, which may hold what no value can. */
export const textRow = (
  index: number,
  input: JsonText,
  content: JsonText | null,
  rest: Partial<RunRow> = {},
): RunRow => ({
  ...rowOf(content === null ? { input: {} } : { input: {}, content: 0 }, index),
  input,
  content,
  merged: mergedOf(input, content ?? undefined),
  ...rest,
})

/** Error of a row, as the store has it. */
export const errorText = (message: string): JsonText => JSON.stringify({ ref_id: "", message, detail: null })

export interface ResultsServer {
  readonly multitask: Multitask
  /** Addresses that were asked for, without the origin. */
  readonly asked: Array<string>
}

export interface Cuts {
  /** Which of the answers break off in their middle, counted from 0. */
  readonly cut?: (answer: number) => boolean
  /** As if that were the end. */
  readonly quietly?: boolean
}

/** Answers with rows as the server does. */
export const resultsServer = (
  rows: ReadonlyArray<RunRow>,
  { cut = () => false, quietly = false }: Cuts = {},
): ResultsServer => {
  const asked: Array<string> = []
  const runOf = runJsonOf({ taskgroupId: groupId(ID), processor: "core" }, "light")
  const bodyOf = (format: string, part: ReadonlyArray<RunRow>): readonly [string, string] => {
    if (format === "jsonl")
      return ["application/jsonl", part.map((row) => `${escapeRaw(lineJson(row))}\n`).join("")]
    if (format === "md") return ["text/markdown; charset=utf-8", `# ${rows.length} rows\n`]
    const elements = (of: (row: RunRow) => JsonText) => part.map((row) => escapeRaw(of(row))).join(",")
    return [
      "application/json",
      `{"taskgroup_id":"${ID}","results":[${elements(resultJson)}],"runs":[${elements(runOf)}]}`,
    ]
  }
  const fetch = (url: string | URL | Request) => {
    const { pathname, search, searchParams } = new URL(url instanceof Request ? url.url : url)
    const answer = asked.push(pathname + search) - 1
    const after = Number(searchParams.get("after") ?? -1)
    const part = rows.slice(after + 1, after + 1 + Number(searchParams.get("limit") ?? Infinity))
    const [type, text] = bodyOf(pathname.split(".").at(-1)!, part)
    const half = text.slice(0, text.length / 2)
    const body = !cut(answer) ? text : quietly ? half : brokenOff(half)
    const last = after + part.length
    const link = last < rows.length - 1 ? { link: `<${pathname}?after=${last}>; rel="next"` } : {}
    return Promise.resolve(new Response(body, { headers: { "content-type": type, ...link } }))
  }
  return { multitask: new Multitask({ baseUrl: "https://multitask.example", fetch }), asked }
}

const brokenOff = (half: string): ReadableStream<Uint8Array> => {
  let pulled = 0
  return new ReadableStream({
    pull: (controller) => {
      if (pulled++ === 0) controller.enqueue(new TextEncoder().encode(half))
      else controller.error(new TypeError("terminated"))
    },
  })
}
