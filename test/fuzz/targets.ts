import { inputs } from "./inputs.ts"
import { bodies, headers, idempotency } from "./posts.ts"
import { accept, paths } from "./reads.ts"
import { sql, sqlLarge } from "./sql.ts"
import type { Target } from "./target.ts"
import { tools } from "./tools.ts"
import { upstream } from "./upstream.ts"

export const TARGETS: ReadonlyArray<Target> = [
  bodies,
  headers,
  idempotency,
  accept,
  paths,
  inputs,
  upstream,
  tools,
  sql,
  sqlLarge,
]
