// @ts-check

/**
 * What the server says of a statement that it will not run although SQLite could: it has no bound there, or one that is
 * too high, or is of a part of SQL that is not bounded at all. What is wrong everywhere has SQLite's own words.
 */
const REFUSALS =
  /^(?:This could (?:take|have to) |The answer has more than |This statement (?:is too large|reads from more than )|SQLite would go through |At most \d+ tables are joined here|A statement may have |Recursive queries are not allowed here|LIMIT and OFFSET are whole numbers here|The frame |(?:RIGHT, FULL and NATURAL joins|Joins in parentheses) are not run here|This PRAGMA is not allowed here|EXPLAIN shows |More than \d+ levels are nested here|.* is not run (?:over a window )?here\b|.* is a text in single quotes here, of at most )/

/** @param {string} message @returns {boolean} whether a statement that was refused with it may run elsewhere */
export const mayRunElsewhere = (message) => REFUSALS.test(message)
