import * as Layer from "effect/Layer"
import { ExcerptRendererMarkdown } from "./ExcerptRendererMarkdown.ts"
import { RendererCsv } from "./RendererCsv.ts"
import { RendererHtml } from "./RendererHtml.ts"
import { RendererJson } from "./RendererJson.ts"
import { RendererJsonl } from "./RendererJsonl.ts"
import { RendererMarkdown } from "./RendererMarkdown.ts"
import { RendererSse } from "./RendererSse.ts"
import { RowRendererHtml } from "./row/RowRendererHtml.ts"
import { RowRendererJson } from "./row/RowRendererJson.ts"
import { RowRendererMarkdown } from "./row/RowRendererMarkdown.ts"

/** Texts that the HTML formats put what they show into: of a group, and of one row. */
export interface Pages {
  readonly group: string
  readonly row: string
}

/** Every format that a group is served in, a row alone, and an excerpt; `origin` as in `renderMarkdown`. */
export const Renderers = ({ group, row }: Pages, origin: string) =>
  Layer.mergeAll(
    RendererJson,
    RendererJsonl,
    RendererCsv,
    RendererMarkdown(origin),
    RendererHtml(group),
    RendererSse,
    RowRendererJson,
    RowRendererMarkdown(origin),
    RowRendererHtml(row),
    ExcerptRendererMarkdown,
  )
