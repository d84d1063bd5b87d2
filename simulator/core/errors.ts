import { uuid } from "./random.ts"

export type ErrorShape = "upstream" | "framework" | "bare"

/** One entry of the framework's own 422 body. */
export interface FieldProblem {
  readonly loc: ReadonlyArray<string | number>
  readonly msg: string
  readonly type: string
}

export interface ApiErrorOptions {
  readonly detail?: Record<string, unknown> | null
  /** Present on schema validation errors, which group endpoints answer in the framework's shape. */
  readonly problems?: ReadonlyArray<FieldProblem>
  readonly headers?: Record<string, string>
}

/** A refusal that is meant for the client. */
export class ApiError extends Error {
  override readonly name = "ApiError"
  readonly status: number
  readonly detail: Record<string, unknown> | null
  readonly problems: ReadonlyArray<FieldProblem> | undefined
  readonly headers: Record<string, string>
  constructor(status: number, message: string, options: ApiErrorOptions = {}) {
    super(message)
    this.status = status
    this.detail = options.detail ?? null
    this.problems = options.problems
    this.headers = options.headers ?? {}
  }
}

export const notFound = (what: string) => new ApiError(404, `${what} not found`)

const problemsDetail = (error: ApiError) =>
  error.problems === undefined
    ? error.detail
    : { errors: error.problems.map((p) => ({ path: p.loc.join("."), message: p.msg })) }

const errorBody = (error: ApiError, shape: ErrorShape, refId: string): unknown => {
  if (shape === "framework" && error.problems !== undefined) return { detail: error.problems }
  const detail = problemsDetail(error)
  if (shape === "bare") return { error: { message: error.message, detail } }
  return { type: "error", error: { ref_id: refId, message: error.message, detail } }
}

/** The answer for an error; `ordinal` numbers the request so that equal runs give equal reference ids. */
export const errorResponse = (error: ApiError, shape: ErrorShape, seed: string, ordinal: number): Response =>
  Response.json(errorBody(error, shape, uuid(seed, "ref", ordinal)), {
    status: error.status,
    headers: error.headers,
  })
