/**
 * Documents that name their own origin stand as templates in static files: `{{origin}}` is the origin they are served
 * from, `{{host}}` its host. The others are what the install links of MCP clients carry in their queries, encoded for
 * that: `{{mcp_base64}}` is base64 of `{"url":…}`, with its `=` encoded, `{{mcp_url_encoded}}` `{"type":"http","url":…}`,
 * `{{mcp_endpoint_url_encoded}}` the address alone.
 */
export const fillTemplate = (text: string, origin: string, file: string): string => {
  const url = `${origin}/mcp`
  const values: Readonly<Record<string, string>> = {
    origin,
    host: new URL(origin).host,
    mcp_base64: encodeURIComponent(btoa(JSON.stringify({ url }))),
    mcp_url_encoded: encodeURIComponent(JSON.stringify({ type: "http", url })),
    mcp_endpoint_url_encoded: encodeURIComponent(url),
  }
  return text.replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => {
    const value = values[name]
    if (value === undefined) throw new Error(`${file} asks for ${name}, which no template has`)
    return value
  })
}

/** Whether an origin can stand anywhere in a document as it is: a URL's host may hold quotes, a host name does not. */
export const isFillable = (origin: string): boolean => /^https?:\/\/[\w.:[\]-]+$/.test(origin)
