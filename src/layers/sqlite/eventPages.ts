import { escapeRaw } from "../../domain/JsonText.ts"
import type { EventTexts } from "../../services/GroupReader.ts"
import type { Backlog } from "./backlog.ts"
import type { GroupTables } from "./GroupTables.ts"
import {
  comma,
  frameOf,
  inside,
  IS_ODD_REST,
  IS_ODD_RUN,
  OUTPUT,
  pageAt,
  REST,
  RUN_FIELDS,
  RUN_TIMES,
} from "./jsonPages.ts"
import { indexOfRow } from "./tables.ts"

/**
 * Pages of viewers' events that SQLite puts together itself, as jsonPages does for answers. What an event looks like is
 * RunJson's to say; a row that is not as most rows are is left to it.
 */

/** Rows of one page at most. */
export const PAGE_ROWS = 512

const ATTEMPT = `iif(attempt = 1, '', concat('","attempt":"', attempt))`

const eventWith = (output: string) => `concat(?2, change, ?3, change, '","input_index":', input_index,
    ?6, input_index, ${ATTEMPT}, '"},"input":', input, '},"run":{', ${RUN_FIELDS}, ${ATTEMPT}, ?5, ${RUN_TIMES},
    '},"output":', ${output}, ?7)`

const LIGHT_OUTPUT = `iif(content IS NULL, 'null', concat('{"content":', content, ${comma("rest")}, ${inside("rest")},
    ',"confidence":', ifnull(confidence, '{}'), '}'))`

const FORMS = {
  full: { rest: "NULL", isOdd: IS_ODD_RUN, event: eventWith(OUTPUT) },
  light: { rest: REST, isOdd: `${IS_ODD_RUN} OR ${IS_ODD_REST}`, event: eventWith(LIGHT_OUTPUT) },
}

/** No JSON has this character as it is: it stands where an event is to be put in. */
const GAP = 1

// Each subquery has a limit, without which SQLite would put its expressions wherever their names stand, several times.
const queryOf = ({ rest, isOdd, event }: (typeof FORMS)["full"]) => `
  SELECT CAST(group_concat(ifnull(event, char(${GAP})), '') AS BLOB), json_group_array(id) FILTER (WHERE event IS NULL)
  FROM (SELECT id, CASE WHEN ${isOdd} THEN NULL ELSE ${event} END AS event
    FROM (SELECT runs.*, ${rest} AS rest
      FROM json_each(?1) AS wanted CROSS JOIN runs ON runs.id = wanted.key AND runs.change = wanted.value
      WHERE NOT EXISTS (SELECT 1 FROM runs AS newer WHERE newer.id = runs.id + 1)
      LIMIT ${PAGE_ROWS})
    LIMIT ${PAGE_ROWS})`

const QUERIES = { full: queryOf(FORMS.full), light: queryOf(FORMS.light) }

const encoder = new TextEncoder()
const decoder = new TextDecoder("utf-8", { fatal: false, ignoreBOM: true })

/** Events of rows of a backlog, up to one. */
export interface EventPage {
  readonly bytes: ReadonlyArray<Uint8Array>
  readonly to: number
}

/**
 * Makes a page of a part of a backlog, of `bytes` and one row at most where rows are large: no event of a row that has
 * changed since, or has been run again. Null when SQLite cannot. `encodeNow` makes those of rows that are not as most are.
 */
export const eventPages = (
  tables: GroupTables,
  { form, texts: [before, between, after] }: EventTexts,
  encodeNow: (inputIndex: number) => Uint8Array,
) => {
  const sendable = (events: Uint8Array): Uint8Array =>
    tables.plain.isAll ? events : encoder.encode(escapeRaw(decoder.decode(events)))

  return ({ ids, changes }: Backlog, from: number, to: number, most: number): EventPage | null => {
    const [processor, rest] = frameOf(tables.group)
    const wanted = ids.slice(from, to).map((id, at) => `"${id}":${changes[from + at]}`)
    const row = pageAt(tables.storage, QUERIES[form], [
      `{${wanted.join(",")}}`,
      before,
      `${between}{"type":"task_run.state","event_id":"`,
      processor,
      rest,
      `,"input":{${processor.slice(1)}`,
      `}${after}`,
    ])
    if (row === null) return null
    const [made, gaps] = row
    const page = new Uint8Array((made ?? new ArrayBuffer()) as ArrayBuffer)
    const bytes: Array<Uint8Array> = []
    let done = 0
    let size = 0
    for (const id of JSON.parse(gaps as string) as ReadonlyArray<number>) {
      const gap = page.indexOf(GAP, done)
      bytes.push(sendable(page.subarray(done, gap)))
      size += gap - done
      if (size > most) return { bytes, to: ids.indexOf(id, from) }
      const odd = encodeNow(indexOfRow(id))
      bytes.push(odd)
      size += odd.length
      done = gap + 1
    }
    if (done < page.length) bytes.push(sendable(page.subarray(done)))
    return { bytes, to }
  }
}
