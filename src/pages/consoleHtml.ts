import { CONSTANTS } from "../domain/Constants.ts"
import { quietCsp } from "./resultHtml.ts"
import { htmlHead } from "./htmlHead.ts"

/**
 * Own scripts and styles, no markup from text, and nothing from anyone else. The one policy of Trusted Types names the
 * worker in which SQLite runs when a visitor asks for it; what that may do, its own answer says (`_headers`).
 */
export const consoleCsp = quietCsp.replace("trusted-types 'none'", "worker-src 'self'; trusted-types sqlite")

const whole = new Intl.NumberFormat("en")

const { STUDIO_MAX_ROWS, STUDIO_MAX_CHARS, STUDIO_MAX_WORK_MS, STUDIO_MAX_KEPT_BYTES } = CONSTANTS
const { STUDIO_WORK_PER_SECOND_MS, STUDIO_WORK_SAVED_MS } = CONSTANTS

/** What SQL may do here, for people. */
const rules = `<details class="rules" id="rules">
<summary><h2>What SQL may do here</h2></summary>
<ul>
<li><strong>Read, and nothing else.</strong> SELECT, VALUES, WITH, EXPLAIN QUERY PLAN and PRAGMA table_info. Nothing you send can change the group, stop it or cost its owner anything at Parallel. Whoever has the URL may ask.</li>
<li><strong>Bounded before it runs.</strong> Nothing can stop a statement on the server, so one that could take more than ${STUDIO_MAX_WORK_MS / 1000} s, or sort or keep more than ${STUDIO_MAX_KEPT_BYTES / 1e6} MB, is refused, with the bound that it met. So are recursion, functions that make much of little, and patterns that are not written out.</li>
<li><strong>An answer</strong> has at most ${whole.format(STUDIO_MAX_ROWS)} rows and ${STUDIO_MAX_CHARS / 1_048_576} MiB; a statement at most 20,000 characters, and it is one at a time.</li>
<li><strong>A share of time.</strong> All SQL of this group together has ${STUDIO_WORK_PER_SECOND_MS} ms in each second and saves up to ${STUDIO_WORK_SAVED_MS / 1000} s. When that is used up, the answer says in how many seconds to ask again.</li>
<li><strong>What is refused can run in your browser.</strong> A button under the refusal loads all rows and SQLite’s own WebAssembly build into this tab, in memory, once. All of SQLite works there, as long as you like, until you press Stop. Nothing of it goes back to the server.</li>
<li><strong>Where queries go.</strong> To this server, and to nobody else. The history is in this browser only. A link carries its query behind the #, which no server sees.</li>
</ul>
</details>`

/**
 * The SQL console of a task group, a page of our own over the studio's protocol. Everything in it is fixed but the id,
 * which is safe in a URL and in HTML (`isGroupId`). The rest is done by assets/console/console.js.
 */
export const consoleHtml = (id: string): string => `${htmlHead(`SQL console · ${id}`, "console")}
<noscript><link rel="stylesheet" href="/assets/noscript.css"></noscript>
<script type="module" src="/assets/made/console.js"></script>
</head>
<body>
<header class="top">
<a class="skip button js" href="#sql">Skip to the query</a>
<a class="brand" href="/"><img src="/favicon.svg" alt="" width="26" height="26">Parallel Multitask</a>
<span class="group-id"><code>${id}</code></span>
<nav aria-label="This task group">
<a class="button small" href="/${id}.html">Results</a>
<a class="button small" href="/${id}.json">JSON</a>
<a class="button small" href="/${id}.csv">CSV</a>
<a class="button small" href="/${id}.md">Markdown</a>
<a class="button small" href="/${id}.db?page=studio">Outerbase studio</a>
</nav>
</header>
<main>
<section class="query js" aria-labelledby="title">
<div class="title"><h1 id="title">SQL console</h1><p class="muted">SQLite, read-only: nothing you send can change the group.</p></div>
<div class="starters" id="starters" role="group" aria-label="Queries to start from"></div>
<form id="form">
<label class="visually-hidden" for="sql">SQL query</label>
<textarea id="sql" rows="6" spellcheck="false" autocapitalize="off" autocomplete="off" wrap="off" aria-keyshortcuts="Control+Enter Meta+Enter" aria-describedby="keys"></textarea>
<p class="notice" id="from-link" role="status" hidden></p>
<div class="notice error" id="error" role="alert" hidden></div>
<div class="actions">
<button type="submit" class="primary" id="run">Run</button>
<span class="keys" id="keys"><kbd>Ctrl</kbd> <kbd>Enter</kbd> runs the query</span>
<span class="facts" id="facts" role="status"></span>
<span class="end"><button type="button" class="small" id="link">Copy link to this query</button><button type="button" class="small" id="copy" disabled>Copy as CSV</button><button type="button" class="small" id="download" disabled>Download CSV</button></span>
</div>
<div class="local" id="local" role="group" aria-label="SQLite in this browser" hidden>
<p id="local-text"></p>
<progress id="local-progress" aria-label="Rows loaded into this browser"></progress>
<fieldset id="where"><legend class="visually-hidden">Where queries run</legend>
<label><input type="radio" name="where" value="server" checked> On the server</label>
<label><input type="radio" name="where" value="browser"> In this browser</label></fieldset>
<button type="button" class="small" id="local-again">Load again</button>
<button type="button" class="small" id="local-stop">Stop</button>
</div>
<div class="views" id="result-bar" hidden>
<div class="views" id="views" role="group" aria-label="Show the result as" hidden>
<button type="button" class="small" id="as-table" aria-pressed="true">Table</button><button type="button" class="small" id="as-chart" aria-pressed="false">Chart</button>
<span class="axes" id="axes" hidden><label>Category <select id="category"></select></label><label>Number <select id="number"></select></label></span>
</div>
<p class="ran" id="ran"></p>
</div>
</form>
<div id="result" role="region" aria-label="Result" tabindex="0"><p class="empty" id="empty">The rows will be here.</p></div>
</section>
<aside class="schema js" aria-label="History, tables and rules">
<details class="history" id="history"><summary><h2>History</h2><span class="muted" id="history-count"></span></summary>
<p class="muted">What you ran on this group, in this browser only; without its results. A press fills it in.</p>
<ul id="history-list"></ul>
<button type="button" class="small" id="history-clear">Clear history</button>
</details>
<h2 id="tables-title">Tables</h2>
<p class="muted">A name goes into the query when you press it.</p>
<div id="tables"><p class="muted">Reading…</p></div>
${rules}
</aside>
<noscript><div class="message-page"><h1>SQL console</h1><p>The console needs JavaScript. Without it the group can be read as <a href="/${id}.html">a page</a>, <a href="/${id}.csv">CSV</a>, <a href="/${id}.json">JSON</a> and <a href="/${id}.md">Markdown</a>.</p></div></noscript>
</main>
</body>
</html>
`
