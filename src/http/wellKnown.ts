import { errorResponse } from "./errors.ts"
import type { DocumentContext } from "./documents.ts"

/** `/.well-known/*` and the MCP server card. */
const PATHS: ReadonlySet<string> = new Set()

export const isWellKnown = (pathname: string): boolean => PATHS.has(pathname)

export const wellKnownRoute = (_request: Request, _context: DocumentContext): Promise<Response> =>
  Promise.resolve(errorResponse({ status: 404, message: "There is nothing here." }))
