import { quietCsp } from "./resultHtml.ts"
import { htmlHead } from "./htmlHead.ts"

/** Own scripts and styles, no markup from text, and nothing from anyone else. */
export const consoleCsp = quietCsp

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
<div class="notice error" id="error" role="alert" hidden></div>
<div class="actions">
<button type="submit" class="primary" id="run">Run</button>
<span class="keys" id="keys"><kbd>Ctrl</kbd> <kbd>Enter</kbd> runs the query</span>
<span class="facts" id="facts" role="status"></span>
<span class="end"><button type="button" class="small" id="copy" disabled>Copy as CSV</button><button type="button" class="small" id="download" disabled>Download CSV</button></span>
</div>
</form>
<div id="result" role="region" aria-label="Result" tabindex="0"><p class="empty" id="empty">The rows will be here.</p></div>
</section>
<aside class="schema js" aria-labelledby="tables-title">
<h2 id="tables-title">Tables</h2>
<p class="muted">A name goes into the query when you press it.</p>
<div id="tables"><p class="muted">Reading…</p></div>
</aside>
<noscript><div class="message-page"><h1>SQL console</h1><p>The console needs JavaScript. Without it the group can be read as <a href="/${id}.html">a page</a>, <a href="/${id}.csv">CSV</a>, <a href="/${id}.json">JSON</a> and <a href="/${id}.md">Markdown</a>.</p></div></noscript>
</main>
</body>
</html>
`
