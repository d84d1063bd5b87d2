import { expect } from "vitest"
import { compactText } from "../../src/domain/JsonText.ts"
import type { Product } from "../e2e/product.ts"
import type { RecordingServer } from "../support/recording.ts"
import * as expected from "./expected.ts"
import type { WildRow } from "./wildRows.ts"

/** A group of rows that were sent to the letter, ended. */
export interface SentGroup {
  readonly product: Product
  readonly id: string
  readonly rows: ReadonlyArray<expected.SentRow>
  /** In the order of the tables. */
  readonly columns: Readonly<Record<"inputs" | "outputs" | "all", ReadonlyArray<string>>>
}

export const TEXT = `"output_type":"text","processor":"lite","output_description":"one line"`
export const JSON_OUTPUT = `"output_type":"json","processor":"lite","output_schema":{"type":"object","properties":{"answer":{"type":"string","description":"It"}}}`

const FAILURE = "No | result:\nsee <b>https://a.example/?a=1&b=2</b> =1+1"

/** Groups on the real server, of rows whose every character is known. */
export class SentGroups {
  readonly product: Product
  readonly #outside: () => RecordingServer

  constructor(product: Product, outside: () => RecordingServer) {
    this.product = product
    this.#outside = outside
  }

  /** Inputs that a URL answers. */
  hosted = async (body: string, content_type: string) => {
    const path = `/${crypto.randomUUID()}`
    await this.#outside().answer(path, { body, content_type })
    return `"inputs":"${this.#outside().url}${path}"`
  }

  /** Submits rows as they are spelled in this body, and waits; what Parallel got is what was sent, byte by byte. */
  send = async (
    rows: ReadonlyArray<WildRow>,
    inputs: string,
    { spec = TEXT, content = "echo", fails = -1 } = {},
  ): Promise<SentGroup> => {
    const { product } = this
    const { control } = product.servers
    await control.behave({
      runs: {
        overrides: fails < 0 ? [] : [{ input_index: fails, outcome: "failed", error_message: FAILURE }],
      },
      outputs: { content },
    })
    await control.forgetRequests()
    const id = await product.submit(`{${inputs},${spec}}`)
    await product.ended(id, 30_000)
    const sent = (await control.requestsOf("group.runs.add")).map(({ body }) => body ?? "")
    const asked = sent.flatMap((body) => expected.elementsAt(body, "inputs").map(expected.inputIn))
    expect(asked).toEqual(rows.map((row) => row.text))
    const { runs } = await control.ledger(id)
    expect(runs.map((run) => run.input_text)).toEqual(asked)
    const columns = await product.sql(id, "select input_columns, output_columns from details")
    const [{ input_columns, output_columns }] = columns.result.rows
    const [all, outputs] = [JSON.parse(input_columns), JSON.parse(output_columns)] as Array<Array<string>>
    return {
      product,
      id,
      rows: runs.map((run, at) => ({
        runId: run.run_id,
        status: run.status,
        failure: at === fails ? FAILURE : null,
        input: rows[at]!.members,
        inputText: rows[at]!.text,
        content: run.content_text === null ? null : compactText(run.content_text),
      })),
      columns: {
        inputs: all!.filter((name) => !outputs!.includes(name)),
        outputs: outputs!,
        all: [...new Set([...all!, ...outputs!])],
      },
    }
  }
}

/** What comes behind a group's address: `.json`, `/0.md`. */
export const bytesOf = async ({ product, id }: SentGroup, rest: string) =>
  Buffer.from(await (await fetch(`${product.servers.url}/${id}${rest}`)).arrayBuffer())

export const bodyOf = async (group: SentGroup, rest: string) => (await bytesOf(group, rest)).toString("utf8")
