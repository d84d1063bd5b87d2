import { isJsonObject, type JsonObject } from "./Json.ts"

/**
 * Makes a suggested output schema strict where it is silent: every property required, no others allowed. Parallel warns
 * about schemas that are not, and its own suggestions need not be.
 */
export const strictSchema = (schema: JsonObject): JsonObject => {
  const properties = schema["properties"]
  if (!isJsonObject(properties)) return schema
  return {
    type: "object",
    ...schema,
    properties: Object.fromEntries(
      Object.entries(properties).map(([name, property]) => [
        name,
        isJsonObject(property) ? strictItem(property) : property,
      ]),
    ),
    required: schema["required"] ?? Object.keys(properties),
    additionalProperties: schema["additionalProperties"] ?? false,
  }
}

const strictItem = (schema: JsonObject): JsonObject => {
  const items = schema["items"]
  const inner = isJsonObject(items) ? { ...schema, items: strictSchema(items) } : schema
  return strictSchema(inner)
}
