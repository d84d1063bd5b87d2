import type { ApiError } from "../domain/ApiError.ts"

export const errorBody = (error: ApiError): string =>
  JSON.stringify({
    type: "error",
    error: {
      ref_id: error.refId ?? crypto.randomUUID(),
      message: error.message,
      detail: error.detail ?? null,
    },
    ...(error.group && { taskgroup_id: error.group.taskgroupId }),
    ...(error.group?.url && { url: error.group.url }),
  })

export const errorResponse = (error: ApiError): Response =>
  new Response(errorBody(error), {
    status: error.status,
    headers: {
      "content-type": "application/json; charset=utf-8",
      "cache-control": "no-store",
      ...error.headers,
    },
  })

/** `allow` is the header of that name: the methods there are. */
export const methodNotAllowed = (method: string, allow: string): ApiError => ({
  status: 405,
  message: `${method} is not possible here; use ${allow}.`,
  headers: { allow },
})

/** Where the origin of a request would stand in an answer. */
export const NO_HOST: ApiError = { status: 400, message: "The Host header is not a host name." }
