import type { Place, Value } from "./Compiler.ts"
import { AGGREGATES, LOOKING, SCALAR, WINDOWED } from "./functions.ts"
import { allDocuments, MAX_VALUE, SMALL, type Size, sum } from "./measure.ts"
import type { Scope } from "./Scope.ts"
import { SqlRefusal } from "./SqlRefusal.ts"
import type { Call, Window } from "./syntax.ts"
import { compileTerms, indexing, lookedInto, valueOf } from "./values.ts"

/** What calls of functions become. */

export const compileCall = (call: Call, place: Place): Value => {
  const { name } = call
  if (call.over !== null) return compileWindowed(call, place)
  const isAggregate = AGGREGATES.has(name) && !(["min", "max"].includes(name) && call.args.length > 1)
  if (isAggregate) return compileAggregate(call, place)
  const rule = SCALAR.get(name)
  if (rule === undefined) throw unknown(name)
  if (call.star || call.distinct || call.filter !== null || call.orderBy.length > 0)
    throw new SqlRefusal(`${name} is no aggregate function`)
  const args = call.args.map((arg) => place.compiler.expr(arg, place))
  const sql = `${name}(${args.map((arg) => arg.sql).join(", ")})`
  if (!LOOKING.has(name) || args[0] === undefined) {
    const { size, work } = rule(args, name)
    return valueOf(sql, size, args, work)
  }
  const [json, documents] = lookedInto(args[0], place)
  const { size, work } = rule([json, ...args.slice(1)], name)
  return { ...valueOf(sql, size, args, work), documents: documents(allDocuments(args)) }
}

const unknown = (name: string): SqlRefusal => {
  if (WINDOWED.has(name))
    return new SqlRefusal(`${name} is asked over a window: ${name}(…) OVER (ORDER BY …)`)
  return new SqlRefusal(
    `The function ${name.slice(0, 60)} is not run here. There are ${[...new Set([...SCALAR.keys(), ...AGGREGATES.keys(), ...WINDOWED])].filter((one) => /^\w+$/.test(one)).join(", ")}.`,
  )
}

const compileAggregate = (call: Call, place: Place): Value => {
  const { name, star, distinct } = call
  const args = call.args.map((arg) => place.compiler.expr(arg, place))
  const terms = compileTerms(call.orderBy, place)
  const filter = call.filter === null ? [] : [place.compiler.expr(call.filter, place)]
  const parts = [...args, ...terms.map(({ value }) => value), ...filter]
  if (parts.some(({ aggregate }) => aggregate)) throw new SqlRefusal(`misuse of aggregate function ${name}()`)
  const { size, keeps, all } = AGGREGATES.get(name)!(args)
  const { mean } = sum(args)
  const entered = distinct || terms.length > 0 ? mean + sum(terms.map(({ value }) => value)).mean : 0
  place.keeps += keeps + entered
  const order = terms.length === 0 ? "" : ` ORDER BY ${terms.map(({ sql }) => sql).join(", ")}`
  const given = star ? "*" : `${distinct ? "DISTINCT " : ""}${args.map(({ sql }) => sql).join(", ")}${order}`
  const filtered = filter.map(({ sql }) => ` FILTER (WHERE ${sql})`).join("")
  const work = 60 + mean * (all ? 8 : 1) + (entered > 0 ? indexing(entered) : 0)
  return {
    ...valueOf(`${name}(${given})${filtered}`, all ? { ...size, max: MAX_VALUE } : size, parts, work),
    aggregate: true,
  }
}

const compileWindowed = (call: Call, place: Place): Value => {
  const { name, over } = call
  if (!WINDOWED.has(name) || call.distinct || call.orderBy.length > 0) {
    throw new SqlRefusal(
      `${name.slice(0, 60)} is not run over a window here. There are ${[...WINDOWED].join(", ")}.`,
    )
  }
  const args = call.args.map((arg) => place.compiler.expr(arg, place))
  const filter = call.filter === null ? [] : [place.compiler.expr(call.filter, place)]
  const window =
    typeof over === "string" ? { sql: named(over, place.scope), values: [] } : compileWindow(over!, place)
  const parts = [...args, ...filter, ...window.values]
  const keeps = ["first_value", "last_value", "nth_value", "lag", "lead", "min", "max"].includes(name)
  const size: Size = keeps ? sum(args) : SMALL
  const filtered = filter.map(({ sql }) => ` FILTER (WHERE ${sql})`).join("")
  const given = call.star ? "*" : args.map(({ sql }) => sql).join(", ")
  const value = valueOf(
    `${name}(${given})${filtered} OVER ${window.sql}`,
    size,
    parts,
    3_000 + sum(parts).mean * 5,
  )
  // A value of one row may be shown in all of them, but for that of the row before or behind.
  const isRepeated = keeps && name !== "lag" && name !== "lead"
  return { ...value, mean: isRepeated ? value.max : value.mean, windowed: true }
}

const named = (name: string, scope: Scope): string => {
  const known = scope.windows.get(name.toLowerCase())
  if (known === undefined) throw new SqlRefusal(`no such window: ${name}`)
  return known
}

export const compileWindow = (window: Window, place: Place) => {
  const partition = window.partitionBy.map((expr) => place.compiler.expr(expr, place))
  const terms = compileTerms(window.orderBy, place)
  const clauses = [
    // Without its parentheses, between which the rest of this one stands.
    window.base === null ? "" : named(window.base, place.scope).slice(1, -1),
    partition.length === 0 ? "" : `PARTITION BY ${partition.map(({ sql }) => sql).join(", ")}`,
    terms.length === 0 ? "" : `ORDER BY ${terms.map(({ sql }) => sql).join(", ")}`,
  ]
  const sql = `(${clauses.filter((clause) => clause !== "").join(" ")}${window.frame})`
  return { sql, values: [...partition, ...terms.map(({ value }) => value)] }
}
