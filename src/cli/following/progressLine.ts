import { number, rate, roughly } from "./words.ts"

/** What the line under way says. */
export interface ProgressFacts {
  readonly ended: number
  readonly total: number | null
  readonly failed: number
  readonly perMinute: number | null
  readonly secondsLeft: number | null
  /** Why nothing comes in; null when something may. */
  readonly trouble: string | null
}

const WIDEST_BAR = 30
const NARROWEST_BAR = 10

/** `[██████░░░░] 123 of 300 · 4 failed · 12/min · about 6 min left`, as much of it as `width` characters have room for. */
export const progressLine = (facts: ProgressFacts, width: number): string => {
  const { ended, total, failed, perMinute, secondsLeft, trouble } = facts
  if (total === null) return cut(trouble ?? "Connecting…", width)
  const count = `${number(ended)} of ${number(total)}`
  const bad = failed === 0 ? null : `${number(failed)} failed`
  const speed = perMinute === null || perMinute === 0 || trouble !== null ? null : rate(perMinute)
  const isOver = ended >= total
  const left = secondsLeft === null || isOver ? null : roughly(secondsLeft)
  const [far, near] =
    trouble === null ? [left && `about ${left} left`, left && `~${left} left`] : [trouble, trouble]
  const tries = [
    withBar([count, bad, speed, far], facts, width),
    withBar([count, bad, far], facts, width),
    words([count, bad, far]),
    words([count, bad, near]),
    words([count, bad]),
  ]
  return tries.find((line) => line !== null && line.length <= width) ?? cut(count, width)
}

const words = (parts: ReadonlyArray<string | null>): string =>
  parts.filter((part) => part !== null).join(" · ")

/** null where there is no room for a bar that shows anything. */
const withBar = (
  parts: ReadonlyArray<string | null>,
  { ended, total }: ProgressFacts,
  width: number,
): string | null => {
  const rest = words(parts)
  const room = Math.min(WIDEST_BAR, width - rest.length - "[] ".length)
  if (room < NARROWEST_BAR) return null
  // A bar that is full says that all is done.
  const filled = total === null || total === 0 ? 0 : Math.floor((room * Math.min(ended, total)) / total)
  return `[${"█".repeat(filled)}${"░".repeat(room - filled)}] ${rest}`
}

const cut = (text: string, width: number): string => text.slice(0, Math.max(0, width))
