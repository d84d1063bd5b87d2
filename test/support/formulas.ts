/** What a spreadsheet runs when it opens a table, or takes one from the clipboard, and how else a cell may fall apart. */
export const FORMULAS: ReadonlyArray<string> = [
  '=HYPERLINK("https://evil.example","x")',
  "+1+1",
  "-1+cmd|' /C calc'!A0",
  "@SUM(1)",
  "＝1+1",
  "＋1",
  "－1",
  "＠x",
  "﹦1+1",
  "﹢1",
  "﹣1",
  "﹫x",
  "  =1",
  "\t=1",
  "\r=1",
  "\n=1",
  "\u00a0=1",
  "\u3000=1",
  "\ufeff=1",
  // Nobody sees these.
  ...["\u200b", "\u00ad", "\u034f", "\u115f", "\u180e", "\u2060", "\u2800", "\u3164", "\ufe0f", "\u{e0001}", "\u0301"].map(
    (char) => `${char}=1`,
  ),
  "'=1",
]

/** Those that are shown as they are, but must not end their cell. */
export const AWKWARD: ReadonlyArray<string> = [
  '"=1+1"',
  '"',
  'a"b\tc',
  "a\tb",
  "a\n=1",
  "a;=1",
  ",=1",
  " spaced ",
  "\u0000=1",
  "-5",
]
