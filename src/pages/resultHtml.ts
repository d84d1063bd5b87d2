import { escapeHtml } from "../domain/Json.ts"
import { htmlHead } from "./htmlHead.ts"

/**
 * The page of a task group. It is fixed: the Worker streams it with these places filled in, in this order: `{{title}}`
 * (escaped text), `{{path}}` (the group's, for programs that are given the page), `{{json}}` (the group, JSON with `<`
 * escaped), `{{facts}}` (what the page needs besides, in the same way) and `{{table}}` (escaped HTML for readers without
 * scripts). Everything else is done by assets/result/result.js.
 */
export const resultHtml = `${htmlHead("{{title}}", "result")}
<noscript><link rel="stylesheet" href="/assets/noscript.css"></noscript>
<script type="module" src="/assets/made/result.js"></script>
</head>
<body>
<header class="top">
<a class="skip button js" href="#table-scroll">Skip to the table</a>
<a class="brand" href="/"><img src="/favicon.svg" alt="" width="26" height="26">Parallel Multitask</a>
<span class="group-id js"><code id="group-id"></code></span>
<button type="button" id="copy-link" class="small js">Copy link</button>
<nav class="js" aria-label="Other formats">
<a class="button small" id="link-json" href="#" target="_blank" rel="noopener">JSON</a>
<a class="button small" id="link-md" href="#" target="_blank" rel="noopener">Markdown</a>
<a class="button small" id="link-sse" href="#" target="_blank" rel="noopener">Events</a>
<a class="button small" id="link-db" href="#" target="_blank" rel="noopener">SQL</a>
</nav>
</header>
<main id="page">
<section class="progress js" aria-label="Progress">
<div class="heading"><h1 id="title" tabindex="-1">Task group</h1>
<p id="question" hidden></p><button type="button" class="small plain" id="question-more" aria-expanded="false" aria-controls="question" hidden>Whole question</button></div>
<div class="acts" id="acts" role="group" aria-label="Go on with this group"></div>
<div class="progress-head"><h2 id="headline">Loading…</h2><div class="connection" id="connection"></div></div>
<div class="bar" id="bar" role="img" aria-label="Progress"></div>
<dl class="facts-row" id="facts"></dl>
<div class="notices" id="notices"></div>
<p class="visually-hidden" id="spoken" aria-live="polite"></p>
</section>
<section class="tools js" aria-label="Search and filters">
<input type="search" id="search" placeholder="Search rows" aria-label="Search rows" aria-keyshortcuts="/" autocomplete="off" spellcheck="false">
<div class="statuses" id="statuses" role="group" aria-label="Filter by status"></div>
<select id="confidence" autocomplete="off" aria-label="Filter by confidence">
<option value="">Any confidence</option>
<option value="low">Some value is low</option>
<option value="medium">Some is medium, none low</option>
<option value="high">All values are high</option>
</select>
<button type="button" id="reset" class="small plain" hidden>Clear filters</button>
<span class="shown" id="shown" role="status"></span>
<div class="end">
<button type="button" id="notify" class="small" aria-pressed="false" title="Show a notification when all rows have ended" hidden>Notify me</button>
<select id="row-height" autocomplete="off" aria-label="Row height">
<option value="one">One line</option>
<option value="two">Two lines</option>
<option value="tall">Tall rows</option>
</select>
<details class="menu"><summary class="button small">Columns</summary>
<div class="menu-panel"><h2>Show columns</h2><ul id="column-list"></ul>
<label class="key-column">Rows are called by <select id="key-column" autocomplete="off"></select></label></div></details>
<details class="menu" id="export-menu"><summary class="button small">Download</summary>
<div class="menu-panel"><h2>Download or copy</h2>
<fieldset class="export-choice"><legend class="visually-hidden">Which rows and columns</legend>
<label><input type="radio" name="export-scope" id="export-whole" aria-describedby="export-whole-size" checked><span><span>Whole</span><small id="export-whole-size"></small></span></label>
<label><input type="radio" name="export-scope" id="export-seen" aria-describedby="export-seen-size"><span><span>As seen</span><small id="export-seen-size"></small></span></label>
</fieldset>
<div class="export-choice"><label><input type="checkbox" id="export-basis"><span>With confidence and sources</span></label></div>
<ul id="export-formats"></ul>
<div class="export-job"><p id="export-status" role="status"></p><button type="button" class="small" id="export-cancel" hidden>Cancel</button></div>
<p id="export-error" role="alert" hidden></p>
<p id="export-scope"></p></div></details>
</div>
</section>
<div id="table-scroll" class="js" role="region" aria-label="Results" tabindex="0">
<table id="table" role="grid" aria-multiselectable="true"><caption class="visually-hidden">One row for every input. Arrow keys move between cells, Enter opens a row, Ctrl+C copies, Shift with arrow keys chooses more, Shift+F10 shows what else can be done.</caption>
<colgroup id="columns"></colgroup><thead id="head"></thead><tbody id="rows"></tbody></table>
<p class="empty" id="empty" hidden></p>
</div>
<div id="row-menu" class="row-menu" role="menu" hidden></div>
<p class="programs">For programs: {{path}}.json, .jsonl, .csv, .md, .sse · <a href="/docs">documentation</a></p>
</main>
<aside id="panel" aria-labelledby="panel-title" hidden>
<div class="panel-head">
<h2 id="panel-title" tabindex="-1">Row</h2>
<button type="button" class="small" id="panel-previous" aria-label="Previous row">↑</button>
<button type="button" class="small" id="panel-next" aria-label="Next row">↓</button>
<button type="button" class="small" id="panel-close" aria-label="Close details">✕</button>
</div>
<div id="panel-body" tabindex="0" role="group" aria-labelledby="panel-title"></div>
</aside>
<p class="copied" id="copied" role="status"></p>
<script type="application/json" id="taskgroup">{{json}}</script>
<script type="application/json" id="page-facts">{{facts}}</script>
<noscript><div class="static-table">{{table}}</div></noscript>
</body>
</html>
`

/** No inline script or style, nothing from elsewhere but the fonts; Trusted Types make markup from text impossible. */
export const resultCsp = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "font-src https://assets.parallel.ai https://assets.p0web.com",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ")

/** The same for a page that asks nobody else for anything. */
export const quietCsp = resultCsp.replace(/font-src [^;]*; /, "")

/** What a browser sees instead of a JSON error; goes with `resultCsp`. */
export const errorHtml = (
  status: number,
  title: string,
  message: string,
): string => `${htmlHead(`${escapeHtml(title)} · Parallel Multitask`, "message")}
</head>
<body>
<header class="top"><a class="brand" href="/"><img src="/favicon.svg" alt="" width="26" height="26">Parallel Multitask</a></header>
<main class="message-page">
<p class="mono muted">${Math.trunc(status)}</p>
<h1>${escapeHtml(title)}</h1>
<p>${escapeHtml(message)}</p>
<p><a href="/">Start a new task group</a> · <a href="/docs">Read how to use the API</a></p>
</main>
</body>
</html>
`
