import { isJsonObject as isObject, type JsonObject as Json } from "../src/domain/Json.ts"

export { isObject, type Json }
export const objectOf = (value: unknown): Json => (isObject(value) ? value : {})
export const listOf = (value: unknown): ReadonlyArray<unknown> => (Array.isArray(value) ? value : [])
export const textOf = (value: unknown): string | null => (typeof value === "string" ? value : null)
/** Null, or not there at all: Parallel leaves out what has no value, or says null. */
export const isMissing = (value: unknown): boolean => value === null || value === undefined

export const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The text of a value that may be missing. */
export const jsonOf = (value: unknown): string | undefined =>
  value === undefined ? undefined : JSON.stringify(value)
