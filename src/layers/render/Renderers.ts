import * as Layer from "effect/Layer"
import { RendererCsv } from "./RendererCsv.ts"
import { RendererHtml } from "./RendererHtml.ts"
import { RendererJson } from "./RendererJson.ts"
import { RendererJsonl } from "./RendererJsonl.ts"
import { RendererMarkdown } from "./RendererMarkdown.ts"
import { RendererSse } from "./RendererSse.ts"

/** Every format that a group is served in. `page` is the text that the HTML format puts its rows into. */
export const Renderers = (page: string) =>
  Layer.mergeAll(RendererJson, RendererJsonl, RendererCsv, RendererMarkdown, RendererHtml(page), RendererSse)
