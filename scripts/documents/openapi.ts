import { openApiDocument } from "../../src/api/openApi.ts"
import { prettyJson } from "./prettyJson.ts"

/** The API's description, as it is served but for the origin. */
export const makeOpenApi = (): string => prettyJson(openApiDocument())
