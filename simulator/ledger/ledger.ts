import type { JsonText } from "../core/jsonText.ts"
import type { TaskSpec } from "../core/wire.ts"
import type { Journal, LedgerRecord, Run, RunOverride, TaskGroup } from "./types.ts"

/** Upstream's truth: groups, runs, specs and revoked keys. Every change goes through `commit`. */
export class Ledger {
  seed: string
  readonly groups = new Map<string, TaskGroup>()
  readonly runs = new Map<string, Run>()
  /** Runs outside any group. */
  readonly singles: Run[] = []
  readonly revoked = new Set<string>()
  /** The last behaviour document that was set, for a restart. */
  behaviour: unknown = undefined
  readonly #specs: Array<{ readonly text: JsonText; readonly spec: TaskSpec }> = []
  readonly #specIds = new Map<string, number>()
  readonly #watchers = new Map<string, Set<() => void>>()
  readonly #journal: Journal | undefined

  constructor(seed: string, journal?: Journal, past: Iterable<LedgerRecord> = []) {
    this.seed = seed
    this.#journal = journal
    let fresh = true
    for (const record of past) {
      fresh = false
      this.#apply(record)
    }
    if (fresh) this.#journal?.append({ t: "meta", seed })
  }

  commit(record: LedgerRecord): void {
    this.#journal?.append(record)
    this.#apply(record)
  }

  close(): void {
    this.#journal?.close()
  }

  /** The index of a task spec, kept once however many runs share it. */
  internSpec(text: JsonText): number {
    const known = this.#specIds.get(text)
    if (known !== undefined) return known
    this.commit({ t: "spec", id: this.#specs.length, text })
    return this.#specs.length - 1
  }

  /** The task spec as it came. */
  specTextOf(run: Run): JsonText | null {
    return run.spec === null ? null : (this.#specs[run.spec]?.text ?? null)
  }

  specOf(run: Run): TaskSpec | null {
    return run.spec === null ? null : (this.#specs[run.spec]?.spec ?? null)
  }

  /** Calls back whenever runs of the group (or, by its id, of a single run) are added or rescheduled. */
  watch(id: string, wake: () => void): () => void {
    const set = this.#watchers.get(id) ?? new Set()
    this.#watchers.set(id, set)
    set.add(wake)
    return () => {
      set.delete(wake)
      if (set.size === 0) this.#watchers.delete(id)
    }
  }

  #notify(id: string): void {
    for (const wake of this.#watchers.get(id) ?? []) wake()
  }

  #apply(record: LedgerRecord): void {
    switch (record.t) {
      case "meta":
        this.seed = record.seed
        return
      case "behaviour":
        this.behaviour = record.document
        return
      case "key":
        if (record.revoked) this.revoked.add(record.key)
        else this.revoked.delete(record.key)
        return
      case "spec":
        this.#specs[record.id] = { text: record.text, spec: JSON.parse(record.text) as TaskSpec }
        this.#specIds.set(record.text, record.id)
        return
      case "group":
        this.groups.set(record.id, {
          id: record.id,
          ordinal: this.groups.size,
          account: record.account,
          key: record.key,
          createdAt: record.at,
          metadataText: record.metadataText,
          runs: [],
          batches: [],
          overrides: [],
        })
        return
      case "runs":
        return this.#addRuns(record)
      case "override":
        return this.#override(record.group, record.override, record.at)
      case "finish":
        return this.#finish(record.group, record.at)
    }
  }

  #addRuns(record: LedgerRecord & { t: "runs" }): void {
    const group = record.group === null ? undefined : this.groups.get(record.group)
    if (group !== undefined) {
      group.batches.push({ start: group.runs.length, size: record.runs.length, at: record.at })
    }
    const target = group?.runs ?? this.singles
    for (const run of record.runs) {
      // A copy: the ledger changes runs later and must not reach into the caller's (or the journal's) objects.
      const own = { ...run }
      target.push(own)
      this.runs.set(own.id, own)
    }
    if (group !== undefined) this.#notify(group.id)
  }

  #override(groupId: string, override: RunOverride, at: number): void {
    const group = this.groups.get(groupId)
    if (group === undefined) return
    group.overrides.push(override)
    for (const run of group.runs) if (isMeant(run, override)) applyOverride(run, override, at)
    this.#notify(groupId)
  }

  #finish(id: string, at: number): void {
    const runs = this.groups.get(id)?.runs ?? [this.runs.get(id)].filter((run) => run !== undefined)
    for (const run of runs) endNow(run, at)
    this.#notify(id)
  }
}

/** The input's index by its metadata, which the product sets, else its place in the group. */
export const inputIndexOf = (run: Pick<Run, "metadata" | "ordinal">): number => {
  const given = run.metadata?.["input_index"]
  const index = given === undefined ? Number.NaN : Number(given)
  return Number.isInteger(index) ? index : run.ordinal
}

/** The attempt at that input: the product says it from the second on. */
export const attemptOf = (run: Pick<Run, "metadata">): number => {
  const given = Number(run.metadata?.["attempt"] ?? 1)
  return Number.isInteger(given) && given > 0 ? given : 1
}

export const isMeant = (
  run: Pick<Run, "metadata" | "ordinal">,
  { input_index: index, attempt = null }: Pick<RunOverride, "input_index" | "attempt">,
): boolean =>
  (index === null || inputIndexOf(run) === index) && (attempt === null || attemptOf(run) === attempt)

const endNow = (run: Run, at: number): void => {
  if (run.endAt > at) {
    run.startAt = Math.min(run.startAt, at)
    run.endAt = at
    if (run.outcome === "action_required") run.outcome = "completed"
  } else if (run.outcome === "action_required" && (run.changeAt === null || run.changeAt > at)) {
    run.changeAt = at
    run.changeTo = "completed"
  }
}

/** Forces a run's fate; what has already happened by `at` stays as it was. */
export const applyOverride = (run: Run, override: RunOverride, at: number): void => {
  if (run.endAt > at) {
    run.outcome = override.outcome ?? run.outcome
    if (override.ends_after_ms !== null) {
      run.endAt = Math.max(at, run.createdAt + override.ends_after_ms)
      run.startAt = Math.min(run.startAt, run.endAt)
    }
    run.errorMessage = override.error_message ?? run.errorMessage
  } else if (run.outcome === "action_required" && override.outcome !== null && run.changeAt === null) {
    run.changeAt = at
    run.changeTo = override.outcome
  }
  if (override.output_never === true) run.outputDelay = null
  else run.outputDelay = override.output_delay_ms ?? run.outputDelay
  run.outputBytes = override.output_bytes ?? run.outputBytes
  run.outputContent = override.output_content ?? run.outputContent
  run.outputText = override.output_text ?? run.outputText
}
