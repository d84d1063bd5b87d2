import { Marked, type Tokens, type TokensList } from "marked"
import { slugOf } from "./fields.ts"
import { htmlHead } from "../../src/pages/htmlHead.ts"
import { LANGUAGES } from "./snippets.ts"

/** The text as a page. It is ours and the description's, no stranger's; what it quotes is escaped all the same. */
export const docsHtml = (markdown: string): string => {
  const sections = sectionsOf(marked.lexer(markdown))
  return `${htmlHead("API · Parallel Multitask", "docs")}
<link rel="alternate" type="text/markdown" href="/docs.md">
<link rel="service-desc" type="application/json" href="/openapi.json">
<script type="module" src="/assets/made/docs.js"></script>
</head>
<body>
<header class="top">
<a class="skip button" href="#content">Skip to the text</a>
<a class="brand" href="/"><img src="/favicon.svg" alt="" width="26" height="26">Parallel Multitask</a>
<nav aria-label="The same in other forms">
<a class="button small" href="/docs.md">Markdown</a>
<a class="button small" href="/openapi.json">OpenAPI</a>
<a class="button small" href="/">Form</a>
</nav>
</header>
<div class="docs">
<nav class="toc" aria-label="Contents">
<details open><summary>Contents</summary>
${contentsOf(sections)}
</details>
</nav>
<main id="content" tabindex="-1">
${sections.map(sectionHtml).join("\n")}
</main>
</div>
</body>
</html>
`
}

/** A heading with what stands below it, up to the next one. */
interface Section {
  readonly depth: number
  readonly title: string
  readonly tokens: ReadonlyArray<Tokens.Generic>
}

const sectionsOf = (tokens: TokensList): ReadonlyArray<Section> => {
  const sections: Array<{ depth: number; title: string; tokens: Array<Tokens.Generic> }> = []
  for (const token of tokens) {
    if (token.type === "heading")
      sections.push({ depth: Number(token["depth"]), title: String(token["text"]), tokens: [] })
    sections.at(-1)?.tokens.push(token)
  }
  const slugs = sections.map(({ title }) => slugOf(title))
  const twice = slugs.find((slug, at) => slugs.indexOf(slug) !== at)
  if (twice !== undefined) throw new Error(`two headings have the anchor #${twice}`)
  return sections
}

/** Links to all headings but the page's own. */
const contentsOf = (sections: ReadonlyArray<Section>): string => {
  const link = ({ title }: Section) => `<a href="#${slugOf(title)}">${inline(title)}</a>`
  const items = sections.flatMap((section, at) => {
    if (section.depth !== 2) return []
    const next = sections.findIndex(({ depth }, other) => other > at && depth <= 2)
    const below = sections.slice(at + 1, next < 0 ? sections.length : next)
    const inner = below.map((one) => `<li>${link(one)}</li>`).join("")
    return [`<li>${link(section)}${inner === "" ? "" : `<ul>${inner}</ul>`}</li>`]
  })
  return `<ul>\n${items.join("\n")}\n</ul>`
}

/** A request has its code beside it. */
const sectionHtml = ({ depth, title, tokens }: Section): string => {
  const slug = slugOf(title)
  const isCode = (token: Tokens.Generic) => token.type === "code"
  if (depth < 3 || !tokens.some(isCode)) return `<section>\n${htmlOf(tokens, slug)}</section>`
  const about = tokens.filter((token) => !isCode(token))
  return `<section class="request">
<div class="about">
${htmlOf(about, slug)}</div>
<div class="examples">
${htmlOf(tokens.filter(isCode), slug)}</div>
</section>`
}

/** Code in several languages, one below the other, becomes one box with a choice. */
const htmlOf = (tokens: ReadonlyArray<Tokens.Generic>, slug: string): string => {
  const solid = tokens.filter(({ type }) => type !== "space")
  let html = ""
  let answers = 0
  for (let at = 0; at < solid.length; at++) {
    const token = solid[at]!
    const after = solid.findIndex((other, place) => place >= at && languageOf(other) === null)
    const run = solid.slice(at, after < 0 ? solid.length : after)
    if (new Set(run.map(languageOf)).size > 1) {
      html += choiceHtml(run, `language-of-${slug}-${at}`)
      at += run.length - 1
    } else if (token.type === "code") {
      html += codeHtml(token, /^\d/.test(captionOf(token)) && answers++ === 0)
    } else {
      html += marked.parser([token])
    }
  }
  return html
}

const languageOf = (token: Tokens.Generic): keyof typeof LANGUAGES | null => {
  const lang = token.type === "code" ? String(token["lang"] ?? "") : ""
  return Object.hasOwn(LANGUAGES, lang) ? (lang as keyof typeof LANGUAGES) : null
}

const captionOf = (token: Tokens.Generic): string =>
  String(token["lang"] ?? "")
    .split(" ")
    .slice(1)
    .join(" ")

const preHtml = (token: Tokens.Generic, attributes = ""): string =>
  `<pre${attributes}><code>${escape(String(token["text"]))}</code></pre>`

/** The first example of an answer is open, the others open when they are asked for. */
const codeHtml = (token: Tokens.Generic, isOpen: boolean): string => {
  const caption = escape(captionOf(token))
  if (caption === "") return `<div class="code">${preHtml(token)}</div>\n`
  return isOpen
    ? `<figure class="code"><figcaption>${caption}</figcaption>${preHtml(token)}</figure>\n`
    : `<details class="code"><summary>${caption}</summary>${preHtml(token)}</details>\n`
}

const choiceHtml = (tokens: ReadonlyArray<Tokens.Generic>, name: string): string => {
  const languages = tokens.map((token) => languageOf(token)!)
  const choice = languages.map(
    (language, at) =>
      `<label><input type="radio" name="${name}" value="${language}"${at === 0 ? " checked" : ""}><span>${LANGUAGES[language]}</span></label>`,
  )
  const pres = tokens.map((token, at) => preHtml(token, ` data-language="${languages[at]}"`))
  return `<div class="code choice"><fieldset><legend class="visually-hidden">Language</legend>${choice.join("")}</fieldset>
${pres.join("\n")}</div>\n`
}

const escape = (text: string): string =>
  text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)

const inline = (text: string): string => marked.parseInline(text, { async: false })

const marked = new Marked({
  renderer: {
    heading({ tokens, depth, text }) {
      const slug = slugOf(text)
      const inner = this.parser.parseInline(tokens)
      return depth === 1
        ? `<h1 id="${slug}">${inner}</h1>\n`
        : `<h${depth} id="${slug}"><a class="anchor" href="#${slug}">${inner}</a></h${depth}>\n`
    },
    paragraph({ tokens }) {
      const isAddress = /^`[A-Z]+ \//.test(tokens[0]?.raw ?? "")
      return `<p${isAddress ? ' class="address"' : ""}>${this.parser.parseInline(tokens)}</p>\n`
    },
    // Not encoded once more: a link may hold the name of something that is filled in, in two pairs of braces.
    link({ href, tokens }) {
      const foreign = /^https?:/.test(href) ? ` rel="noopener noreferrer"` : ""
      return `<a href="${escape(href)}"${foreign}>${this.parser.parseInline(tokens)}</a>`
    },
    list(token) {
      const items = token.items.map((item) => this.listitem(item))
      if (token.ordered) return `<ol>\n${items.join("")}</ol>\n`
      if (!token.items.every(({ text }) => /^`[^`]+` \*/.test(text))) return `<ul>\n${items.join("")}</ul>\n`
      // A field's facts have a line of their own.
      const fields = items.map((item) => item.replace("</em>: ", "</em><br>"))
      return `<ul class="fields">\n${fields.join("")}</ul>\n`
    },
    html({ text }) {
      throw new Error(`HTML has no place in the text: ${text}`)
    },
  },
})
