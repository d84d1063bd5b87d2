import type * as Schema from "effect/Schema"
import { describe, expectTypeOf, it } from "vitest"
import type * as Answers from "../../src/api/answers.ts"
import type * as Requests from "../../src/api/requests.ts"
import type * as Results from "../../src/api/results.ts"
import type * as Client from "../../src/client/types.ts"

/**
 * The types that programs are given are those of the contract's Schemas, as TypeScript sees both: what a wrongly made
 * one would let through, or refuse, does not compile here.
 */

type Rest = Readonly<Record<string, unknown>>
type Simple = string | number | boolean | null | undefined

/** Without what says that an answer may have more than its type names. */
type Known<A> = A extends Simple
  ? A
  : A extends ReadonlyArray<infer Element>
    ? ReadonlyArray<Known<Element>>
    : unknown extends A
      ? A
      : keyof Named<A> extends never
        ? A
        : { readonly [Key in keyof Named<A>]: Known<A[Key & keyof A]> }

type Named<A> = { [Key in keyof A as string extends Key ? never : Key]: A[Key] }

/** A request as the contract says it: any object is one with columns, and what is undefined or null is absent. */
type Strict<A> = A extends Simple
  ? A
  : A extends ReadonlyArray<infer Element>
    ? ReadonlyArray<Strict<Element>>
    : keyof A extends never
      ? Rest
      : string extends keyof A
        ? A
        : {
            readonly [Key in keyof A]: undefined extends A[Key]
              ? Strict<Exclude<A[Key], undefined | null>>
              : Strict<A[Key]>
          }

/** What may be left out may be undefined or null, too. */
type Undefinable<A> = { [Key in keyof A]: undefined extends A[Key] ? A[Key] | undefined | null : A[Key] }

/** A processor may be any text there, as a plan answers it. */
type ButProcessor<A> = Omit<A, "processor">

type Answer<S extends Schema.Top> = Known<S["Type"]>

describe("what is answered has every field that the contract names, and no other", () => {
  it("to a request that takes a key", () => {
    expectTypeOf<Known<Client.Plan>>().toEqualTypeOf<Answer<typeof Answers.Plan>>()
    expectTypeOf<Known<Client.Created>>().toEqualTypeOf<Answer<typeof Answers.Created>>()
    expectTypeOf<Known<Client.InputsAdded>>().toEqualTypeOf<Answer<typeof Answers.InputsAdded>>()
    expectTypeOf<Known<Client.RowsRetried>>().toEqualTypeOf<Answer<typeof Answers.RowsRetried>>()
    expectTypeOf<Known<Client.Stopped>>().toEqualTypeOf<Answer<typeof Answers.Stopped>>()
    expectTypeOf<Known<Client.Resumed>>().toEqualTypeOf<Answer<typeof Answers.Resumed>>()
    expectTypeOf<Known<Client.Deleted>>().toEqualTypeOf<Answer<typeof Answers.Deleted>>()
    expectTypeOf<Known<Client.Problem>>().toEqualTypeOf<Answer<typeof Answers.Problem>>()
  })

  it("to who reads", () => {
    expectTypeOf<Known<Client.TaskGroupStatus>>().toEqualTypeOf<Answer<typeof Results.TaskGroupStatus>>()
    expectTypeOf<Known<Client.Row>>().toEqualTypeOf<Answer<typeof Results.Row>>()
    expectTypeOf<Known<Client.ResultLine>>().toEqualTypeOf<Answer<typeof Results.ResultLine>>()
    expectTypeOf<Known<Client.TaskGroupResultOutput>>().toEqualTypeOf<
      Answer<typeof Results.TaskGroupResult>
    >()
  })

  it("in the stream", () => {
    expectTypeOf<Known<Client.TaskGroupStatusEvent>>().toEqualTypeOf<
      Answer<typeof Results.TaskGroupStatusEvent>
    >()
    expectTypeOf<Known<Client.TaskRunStateEvent>>().toEqualTypeOf<Answer<typeof Results.TaskRunStateEvent>>()
    expectTypeOf<Known<Client.DoneEvent>>().toEqualTypeOf<Answer<typeof Results.DoneEvent>>()
  })
})

describe("what may be sent is what the contract takes", () => {
  it("field by field", () => {
    expectTypeOf<ButProcessor<Strict<Client.TaskGroupInput>>>().toEqualTypeOf<
      ButProcessor<Strict<(typeof Requests.MultitaskRequest)["Type"]>>
    >()
    expectTypeOf<Strict<Client.AddInputs>>().toEqualTypeOf<
      Strict<(typeof Requests.AddInputsRequest)["Type"]>
    >()
    expectTypeOf<ButProcessor<Strict<Client.Retry>>>().toEqualTypeOf<
      ButProcessor<Strict<(typeof Requests.RetryRequest)["Type"]>>
    >()
    type ContractProcessor = NonNullable<(typeof Requests.RetryRequest)["Type"]["processor"]>
    expectTypeOf<Client.Processor>().toEqualTypeOf<ContractProcessor>()
  })

  it("as a plan answers it", () => {
    const { output_schema, processor, estimated_cost_usd: max_cost_usd } = {} as Client.Plan
    const inputs = [{ company: "Stripe" }]
    const sent: Client.TaskGroupInput = {
      inputs,
      output_type: "json",
      output_schema,
      processor,
      max_cost_usd,
    }
    expectTypeOf(sent.inputs).toEqualTypeOf<ReadonlyArray<object> | string>()
  })

  it("with undefined or null for what is left out", () => {
    expectTypeOf<Undefinable<Client.TaskGroupInput>>().toExtend<Client.TaskGroupInput>()
    expectTypeOf<Undefinable<Client.AddInputs>>().toExtend<Client.AddInputs>()
    expectTypeOf<Undefinable<Client.Retry>>().toExtend<Client.Retry>()
    expectTypeOf<Undefinable<Client.SourcePolicy>>().toExtend<Client.SourcePolicy>()
    expectTypeOf<Undefinable<Client.McpServer>>().toExtend<Client.McpServer>()
    expectTypeOf<Undefinable<Client.AdvancedSettings>>().toExtend<Client.AdvancedSettings>()
  })

  it("with rows and a schema whose types are interfaces", () => {
    interface Company {
      readonly company: string
    }
    const rows: ReadonlyArray<Company> = [{ company: "Stripe" }]
    const input: Client.TaskGroupInput = {
      inputs: rows,
      output_type: "json",
      output_schema: { type: "object", properties: { ceo: { type: "string" } } } as const,
    }
    expectTypeOf(input.inputs).toEqualTypeOf<ReadonlyArray<object> | string>()
  })

  it("and a mistyped field, a word of no enumeration or a null that is needed is refused", () => {
    const inputs = [{ company: "Stripe" }]
    expectTypeOf({ inputs, output_type: "xml" as const }).not.toExtend<Client.TaskGroupInput>()
    expectTypeOf({ inputs: null }).not.toExtend<Client.AddInputs>()
    // @ts-expect-error -- a word that was to limit what is paid for
    const sent: Client.TaskGroupInput = { inputs, output_type: "text", max_cost: 1 }
    expectTypeOf(sent).toExtend<Client.TaskGroupInput>()
  })
})

it("a mistyped field of an answer is seen; a row's own columns are unknown until they are looked at", () => {
  const { results } = {} as Partial<Client.TaskGroupResultOutput>
  expectTypeOf<"stats" extends keyof Client.TaskGroupResultOutput ? true : false>().toEqualTypeOf<false>()
  expectTypeOf(results?.[0]?.["ceo"]).toEqualTypeOf<unknown>()
  expectTypeOf(results?.[0]?.$status).toEqualTypeOf<string | undefined>()
})
