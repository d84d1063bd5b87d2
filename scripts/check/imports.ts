import { posix } from "node:path"
import { parseSync } from "oxc-parser"

/**
 * The import table: which room of src/ may know which, and what the pure rooms may not reach for.
 * Works on the syntax tree, so that comments, strings and type-only imports are seen for what they are.
 */
export interface SourceFile {
  /** From the project's root, with forward slashes */
  readonly path: string
  readonly text: string
}

export interface Violation {
  readonly path: string
  readonly line: number
  readonly message: string
}

interface Room {
  /** The rooms that it may import from, besides itself */
  readonly rooms: ReadonlyArray<string>
  /** Whether time, randomness and the network must come in as services */
  readonly pure: boolean
  /** Packages it may import, besides `effect` */
  readonly packages: ReadonlyArray<string>
  /** Whether it may use what Node brings */
  readonly isNode?: boolean
  /** Whether Effect is too much for where it runs */
  readonly withoutEffect?: boolean
  readonly takesSimulator?: boolean
}

const rooms: Readonly<Record<string, Room>> = {
  domain: { rooms: [], pure: true, packages: [] },
  services: { rooms: ["domain"], pure: true, packages: [] },
  programs: { rooms: ["services", "domain"], pure: true, packages: [] },
  layers: { rooms: ["services", "domain"], pure: false, packages: ["*"] },
  pages: { rooms: ["domain", "client"], pure: false, packages: [] },
  // Browsers and Node run it as it is: no package, nothing of Node.
  client: { rooms: [], pure: false, packages: [], withoutEffect: true },
  cli: { rooms: ["client", "domain"], pure: false, packages: [], isNode: true, withoutEffect: true },
  // The doors of the package that take more than one room.
  entry: {
    rooms: ["domain", "services", "programs", "layers", "pages", "do", "http", "client", "worker.ts"],
    pure: false,
    packages: [],
    isNode: true,
    takesSimulator: true,
  },
  // No room may know it: what is made of it is a file, and nothing of it is in the Worker.
  api: { rooms: ["domain"], pure: true, packages: [] },
  mcp: { rooms: ["domain", "services", "programs", "mcpSdk"], pure: false, packages: [] },
  // What the Worker uses of the MCP SDK, as a module of its own.
  mcpSdk: { rooms: [], pure: false, packages: ["@modelcontextprotocol/server"] },
  http: {
    rooms: ["domain", "services", "programs", "layers", "pages", "mcp", "mcpSdk"],
    pure: false,
    packages: ["*"],
  },
  do: {
    rooms: ["domain", "services", "programs", "layers", "pages"],
    pure: false,
    packages: ["*", "cloudflare:workers"],
  },
  "worker.ts": {
    rooms: ["domain", "services", "programs", "layers", "pages", "mcp", "mcpSdk", "http", "do"],
    pure: false,
    packages: ["*", "cloudflare:workers"],
  },
}

/** Globals that a pure room gets as a service instead, so that it runs under a virtual clock and a seed. */
const impureGlobals = new Set([
  "fetch",
  "setTimeout",
  "setInterval",
  "setImmediate",
  "crypto",
  "performance",
  "XMLHttpRequest",
  "WebSocket",
  "EventSource",
  "globalThis",
  "self",
])

/** Functions of otherwise harmless globals. */
const impureMembers = new Set(["Date.now", "Math.random"])

export const checkImports = (files: ReadonlyArray<SourceFile>): ReadonlyArray<Violation> =>
  files.flatMap(checkFile)

const checkFile = (file: SourceFile): ReadonlyArray<Violation> => {
  const { program, errors } = parseSync(file.path, file.text)
  const violations: Array<Violation> = []
  const report = (offset: number, message: string) =>
    violations.push({ path: file.path, line: lineAt(file.text, offset), message })

  for (const error of errors) report(error.labels[0]?.start ?? 0, `cannot be parsed: ${error.message}`)

  const room = roomOf(file.path)
  if (room !== undefined && rooms[room] === undefined) {
    report(0, `src/${room} is in no room of the import table (${Object.keys(rooms).join(", ")})`)
    return violations
  }
  const pure = room !== undefined && rooms[room]?.pure === true
  walk(program, (node, parent, key) => {
    const imported = importOf(node)
    if (imported !== undefined) {
      const reason =
        typeof imported.value === "string"
          ? forbidden(file.path, imported.value)
          : "imports what only running it can tell"
      if (reason !== undefined) report(imported.start, reason)
    }
    if (pure) {
      const name = impureUse(node, parent, key)
      if (name !== undefined) report(node.start, `${name} in ${room}: take it from a service`)
    }
  })
  return violations
}

/** The reason why a file may not import this, if there is one. */
const forbidden = (from: string, specifier: string): string | undefined => {
  const room = roomOf(from)
  if (specifier.startsWith(".") || specifier.startsWith("/")) {
    return forbiddenFile(from, posix.normalize(posix.join(posix.dirname(from), specifier)))
  }
  if (room === undefined) {
    return from.startsWith("simulator/") && specifier.startsWith("cloudflare:")
      ? `the simulator runs in Node, it cannot import ${specifier}`
      : undefined
  }
  const { packages: allowed = [], isNode = false, withoutEffect = false } = rooms[room] ?? {}
  if (isPackage(specifier, "effect"))
    return withoutEffect ? `${room} may not import ${specifier}: it runs without Effect` : undefined
  // It imports cloudflare:workers itself, and its decorator belongs on the object.
  if (isPackage(specifier, "queryable-object")) {
    if (room === "do" || (room === "http" && specifier === "queryable-object/studio-middleware"))
      return undefined
    return `${room} may not import ${specifier}: do may, and http its studio-middleware`
  }
  if (allowed.includes(specifier) || isLazy(from)) return undefined
  if (specifier.startsWith("cloudflare:"))
    return `${room} may not import ${specifier}: only do and worker.ts may`
  if (specifier.startsWith("node:"))
    return isNode ? undefined : `${room} may not import ${specifier}: the Worker runs without nodejs_compat`
  return allowed.includes("*") ? undefined : `${room} may not import ${specifier}: of packages only effect`
}

const forbiddenFile = (from: string, target: string): string | undefined => {
  const room = roomOf(from)
  const targetRoom = roomOf(target)
  if (from.startsWith("simulator/")) {
    return target.startsWith("simulator/")
      ? undefined
      : `the simulator stands alone, it may not import ${target}`
  }
  if (room === undefined) return undefined
  if (target.startsWith("simulator/") && rooms[room]?.takesSimulator === true) return undefined
  if (targetRoom === undefined) return `src may not import ${target}, which is outside of it`
  // Browser scripts become files by themselves: what they use of other rooms is named in one place.
  if (isAsset(from))
    return isAsset(target) || OF_ROOMS.includes(target)
      ? undefined
      : `a browser script may not import ${target}`
  if (targetRoom === room || rooms[room]?.rooms.includes(targetRoom) === true) return undefined
  const may = rooms[room]?.rooms ?? []
  return `${room} may not import from ${targetRoom}${may.length > 0 ? `: only from ${may.join(", ")}` : ""}`
}

const isAsset = (path: string) => path.startsWith("src/pages/assets/")
/** What browser scripts may use of other rooms. */
const OF_ROOMS = ["src/pages/browser.ts", "src/pages/client.ts"]
/** What only some visitors need is loaded when they do, and may take a package. */
const isLazy = (path: string) => path.startsWith("src/pages/assets/assets/lazy/")

const isPackage = (specifier: string, name: string) => specifier === name || specifier.startsWith(`${name}/`)

/** `src/do/x.ts` is in `do`, `src/worker.ts` in `worker.ts`; files outside of src are in no room. */
const roomOf = (path: string): string | undefined => {
  const [top, room] = path.split("/")
  if (top !== "src" || room === undefined) return undefined
  if (room.startsWith("mcpSdk.")) return "mcpSdk"
  return room === "worker" ? "worker.ts" : room
}

// The syntax tree, as far as it matters here: every node has a type, a place, and children somewhere among its fields.

interface Node {
  readonly type: string
  readonly start: number
  readonly [field: string]: unknown
}

type Visit = (node: Node, parent: Node | undefined, key: string) => void

const walk = (root: unknown, visit: Visit) => {
  const step = (value: unknown, parent: Node | undefined, key: string) => {
    if (Array.isArray(value)) {
      for (const item of value) step(item, parent, key)
    } else if (isNode(value)) {
      visit(value, parent, key)
      for (const [field, child] of Object.entries(value)) step(child, value, field)
    }
  }
  step(root, undefined, "")
}

const isNode = (value: unknown): value is Node =>
  typeof value === "object" &&
  value !== null &&
  "type" in value &&
  typeof value.type === "string" &&
  "start" in value

const importNodes = new Set([
  "ImportDeclaration", // import x from "y", import "y", import type x from "y"
  "ExportNamedDeclaration", // export { x } from "y"
  "ExportAllDeclaration", // export * from "y"
  "ImportExpression", // import("y")
  "TSImportType", // typeof import("y")
])

/** What a node imports: the specifier, or undefined in its place when that is computed. */
const importOf = (node: Node): { readonly start: number; readonly value: string | undefined } | undefined => {
  const source = importNodes.has(node.type)
    ? node["source"]
    : node.type === "TSExternalModuleReference" // import x = require("y")
      ? node["expression"]
      : node.type === "CallExpression" && isIdentifier(node["callee"], "require")
        ? firstArgument(node)
        : undefined
  return isNode(source) ? { start: node.start, value: literal(source) } : undefined
}

const literal = (node: Node): string | undefined => {
  if (typeof node["value"] === "string") return node["value"]
  const quasis = node["quasis"]
  const [only] = Array.isArray(quasis) && quasis.length === 1 ? quasis : []
  return isNode(only) &&
    typeof only["value"] === "object" &&
    only["value"] !== null &&
    "cooked" in only["value"]
    ? String(only["value"].cooked)
    : undefined
}

/** The forbidden thing that a node uses. A property, a method or a field of the same name is none. */
const impureUse = (node: Node, parent: Node | undefined, key: string): string | undefined => {
  if (node.type === "MemberExpression" && isNode(node["object"]) && node["object"].type === "Identifier") {
    const name = `${String(node["object"]["name"])}.${propertyName(node)}`
    return impureMembers.has(name) ? name : undefined
  }
  if (node.type === "NewExpression" || node.type === "CallExpression") {
    const isNow =
      isIdentifier(node["callee"], "Date") &&
      (node.type === "CallExpression" || firstArgument(node) === undefined)
    return isNow ? "the time of day" : undefined
  }
  if (node.type !== "Identifier" || !impureGlobals.has(String(node["name"]))) return undefined
  const isPropertyName = (key === "property" || key === "key") && parent?.["computed"] !== true
  const isShorthand = key === "key" && parent?.["shorthand"] === true
  return isPropertyName && !isShorthand ? undefined : String(node["name"])
}

const propertyName = (member: Node): string => {
  const property = member["property"]
  if (!isNode(property)) return ""
  return member["computed"] === true ? (literal(property) ?? "") : String(property["name"])
}

const isIdentifier = (node: unknown, name: string) =>
  isNode(node) && node.type === "Identifier" && node["name"] === name

const firstArgument = (node: Node): unknown =>
  Array.isArray(node["arguments"]) ? node["arguments"][0] : undefined

const lineAt = (text: string, offset: number) => text.slice(0, offset).split("\n").length
