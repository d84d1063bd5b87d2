/** Stands for the MCP server and its tools, to see what they cost. */
export const mcpRoute = () => Promise.resolve(new Response(null, { status: 404 }))
export const MCP_PATH = "/mcp"
