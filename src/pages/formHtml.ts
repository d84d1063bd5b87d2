import { escapeHtml } from "../domain/Json.ts"
import { resultCsp } from "./resultHtml.ts"
import { TAILWIND, TAILWIND_CLASSES, TAILWIND_PATH } from "./tailwindFrame.ts"

const TYPED = `spellcheck="false" autocomplete="off"`

/** A control with its label, hint and place for errors. `tag` is its opening tag, without an end. */
const option = (id: string, label: string, tag: string, hint: string, more = ""): string =>
  `<div><label class="label" for="${id}">${label}</label>
${tag} id="${id}" aria-describedby="${id}-hint ${id}-error">${tag.startsWith("<textarea") ? "</textarea>" : ""}
<p class="hint" id="${id}-hint">${hint}</p>${more}
<div class="field-error" id="${id}-error" role="alert" hidden></div></div>`

/** The form of `/`. Everything it does is in assets/form/form.js; fixed but for the address of Parallel's login. */
export const formHtml = (loginUrl: string | null): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<title>Parallel Multitask: enrich a list with one request</title>
<meta name="description" content="One POST turns a list of inputs into a Parallel task group; one URL shows the results live.">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<link rel="icon" type="image/svg+xml" href="/favicon.svg">
<link rel="stylesheet" href="/assets/made/form.css">
<script type="module" src="/assets/made/form.js"></script>
</head>
<body class="${TAILWIND_CLASSES}">
<header class="top">
<a class="skip button" href="#form">Skip to the form</a>
<a class="brand" href="/"><img src="/favicon.svg" alt="" width="26" height="26">Parallel Multitask</a>
<nav aria-label="About">
<a class="button small" href="/docs">API</a>
<a class="button small" href="/docs#use-it-from-an-ai-client">MCP</a>
<a class="button small" href="https://platform.parallel.ai" target="_blank" rel="noopener noreferrer">Get an API key</a>
</nav>
</header>
<main>
<div class="intro">
<h1>Enrich a list with one request</h1>
<p>Give rows and say what you want to know. You get one link with the results, live while they come in and for 30 days after, as a table, JSON, Markdown, events or SQL. The work is done by <a href="https://parallel.ai" target="_blank" rel="noopener noreferrer">Parallel</a>.</p>
<div class="examples"><span class="label" id="examples-label">Examples</span><div id="examples" role="group" aria-labelledby="examples-label"></div></div>
<noscript><p class="notice">This form needs JavaScript. Without it, POST your rows to <code>/v1beta/tasks/multitask</code> with your key in <code>x-api-key</code>, as <a href="/docs">the description of the API</a> shows; the pages with results can be read without JavaScript.</p></noscript>
</div>

<div class="past">
<p class="hint" id="history-none" tabindex="-1">Groups that you start in this browser are listed here.</p>
<details id="history" class="card" hidden>
<summary><h2 id="history-title">Your groups <span id="history-count"></span></h2> <span class="muted" id="history-active"></span></summary>
<ul id="history-list" aria-labelledby="history-title"></ul>
<div class="under"><p class="hint">Kept in this browser only. What is taken out of the list stays where it is.</p><button type="button" class="small plain" id="history-clear">Clear this list</button></div>
</details>
</div>

<section id="filled" class="notice" aria-label="Filled in" hidden>
<p id="filled-said" role="status" tabindex="-1"></p>
<div id="filled-others"></div>
<div id="filled-ignored" role="alert"></div>
<div class="filled-buttons"><button type="button" class="small" id="bring-back" aria-describedby="before-what" hidden>Bring back what was here</button>
<button type="button" class="small" id="filled-stop" hidden>Stop</button>
<button type="button" class="small" id="filled-retry" hidden>Read it again</button>
<button type="button" class="small plain" id="filled-close">Close</button></div>
<p class="hint" id="before-what"></p>
</section>

<section id="submitted" class="card" aria-labelledby="submitted-title" hidden>
<div class="submitted-head"><h2 id="submitted-title" tabindex="-1">Your rows are on their way</h2><div class="connection" id="submitted-connection"></div></div>
<p class="result-link"><span id="submitted-url" class="mono"></span> <button type="button" class="small" id="submitted-copy">Copy link</button></p>
<div class="bar" id="submitted-bar" role="img" aria-label="progress"></div>
<p><span id="submitted-progress" role="status" class="mono"></span> <span id="submitted-facts" class="muted"></span></p>
<div class="notice warning" id="submitted-message" hidden></div>
<div class="table-box" tabindex="0" role="group" aria-label="Rows of the trial" id="tried-box" hidden><table id="tried" class="preview" hidden></table></div>
<div id="submitted-warnings"></div>
<div id="submitted-buttons"></div>
</section>

<form id="form" class="columns" novalidate autocomplete="off">
<div class="steps">
<section class="card" id="key-panel" aria-labelledby="key-title">
<div class="card-head"><h2 id="key-title" tabindex="-1">Parallel API key</h2><span class="muted" id="key-state"></span></div>
<div class="key-row">
<label class="visually-hidden" for="api-key">API key</label>
<input type="password" id="api-key" autocomplete="off" spellcheck="false" autocapitalize="off" placeholder="Paste your key" aria-describedby="key-note api-key-error">
<button type="button" id="key-show" aria-pressed="false" aria-controls="api-key">Show</button>
<button type="button" id="key-forget" hidden>Forget</button>
</div>
<div id="key-more" hidden><button type="button" id="sign-in" data-login="${escapeHtml(loginUrl ?? "")}" aria-describedby="sign-in-note">Sign in with Parallel</button>
<span class="hint" id="sign-in-note">Choose or make a key there, and come back to this form as it is.</span></div>
<p class="notice error" id="sign-in-error" role="alert" hidden></p>
<p class="hint" id="key-note">Sent only to this site, in a header, to start your runs. No key yet? <a href="https://platform.parallel.ai" target="_blank" rel="noopener noreferrer">Get one from Parallel</a>.</p>
<div class="field-error" id="api-key-error" role="alert" hidden></div>
</section>

<section class="card" aria-labelledby="inputs-title">
<div class="card-head"><h2 id="inputs-title">Rows</h2>
<fieldset class="switch"><legend class="visually-hidden">Where the rows come from</legend>
<label><input type="radio" name="inputs-mode" value="rows" checked><span>Here</span></label>
<label><input type="radio" name="inputs-mode" value="url"><span>From a URL</span></label>
</fieldset></div>
<div id="inputs-rows">
<label class="visually-hidden" for="inputs">Rows as JSON, CSV or TSV</label>
<textarea id="inputs" rows="11" spellcheck="false" autocomplete="off" wrap="off" aria-describedby="inputs-hint inputs-error"></textarea>
<p id="chosen-file" class="notice" hidden><span id="chosen-name"></span> <button type="button" class="small" id="remove-file">Remove</button></p>
<div class="under"><p class="hint" id="inputs-hint">A list, cells copied from a spreadsheet, CSV, JSON or a curl line. A file, .xlsx too, may be dropped here.</p>
<button type="button" class="small" id="choose-file">Choose a file</button>
<input type="file" id="inputs-file" accept=".xlsx,.json,.jsonl,.ndjson,.csv,.tsv,.tab,.txt,.md" aria-label="File with rows" tabindex="-1" hidden></div>
<div id="import-settings" hidden>
<span id="header-choice"><label class="check"><input type="checkbox" id="header-line" aria-describedby="header-why"> First line is a header</label> <span class="hint" id="header-why"></span></span>
<label class="check" id="sheet-choice" hidden>Sheet <select id="sheet"></select></label>
</div>
<div class="table-box"><table id="preview" class="preview" hidden></table></div>
<p class="hint" id="inputs-summary" role="status"></p>
</div>
<div id="inputs-by-url" hidden>
<label class="visually-hidden" for="inputs-url">Address of the rows</label>
<input type="url" id="inputs-url" inputmode="url" placeholder="https://example.com/rows.json" spellcheck="false" autocomplete="off" aria-describedby="url-hint inputs-error">
<p class="hint" id="url-hint">An https address that answers JSON, JSON Lines, CSV or TSV. It is fetched once, when you submit, and not kept.</p>
</div>
<div aria-live="polite"><ul id="import-notes" hidden></ul></div>
<div class="field-error" id="inputs-error" role="alert" hidden></div>
</section>

<section class="card" aria-labelledby="output-title">
<div class="card-head"><h2 id="output-title">Answer</h2>
<fieldset class="switch" id="output-type"><legend class="visually-hidden">Kind of answer</legend>
<label><input type="radio" name="output-type" value="json" checked><span>Fields (JSON)</span></label>
<label><input type="radio" name="output-type" value="text"><span>Text</span></label>
</fieldset></div>
<div class="field-error" id="output-type-error" role="alert" hidden></div>
<label class="label" for="output-description" id="description-label">What do you want to know about each row?</label>
<textarea id="output-description" rows="3" aria-describedby="output-description-error"></textarea>
<div class="field-error" id="output-description-error" role="alert" hidden></div>
<fieldset id="schema-choice" class="choices"><legend class="label">Which fields</legend>
<label><input type="radio" name="schema-mode" value="suggest" checked><span>Suggest them from my description</span></label>
<label><input type="radio" name="schema-mode" value="own"><span>Define them myself</span></label>
</fieldset>
<div id="schema-editor" hidden>
<div class="schema-sides">
<div><span class="label" id="fields-label">Fields</span>
<ol id="fields" aria-labelledby="fields-label"></ol>
<p class="notice" id="fields-note" hidden>This schema says more than the fields can show (or is not valid yet). Edit it as JSON.</p>
<button type="button" class="small" id="add-field">Add a field</button></div>
<div><label class="label" for="output-schema">JSON Schema</label>
<textarea id="output-schema" rows="16" spellcheck="false" wrap="off" aria-describedby="output-schema-error"></textarea></div>
</div>
</div>
<div class="field-error" id="output-schema-error" role="alert" hidden></div>
</section>

<section class="card" aria-labelledby="options-title">
<div class="card-head"><h2 id="options-title">Options</h2></div>
<div class="options">
<div class="wide"><label class="label" for="processor">Processor</label>
<select id="processor" aria-describedby="processor-hint processor-error"></select>
<p class="hint" id="processor-hint">What your rows cost, and how long one usually takes. “Suggest” picks one for what you ask.</p>
<div class="table-box"><table id="choice" class="choice"></table></div>
<div class="field-error" id="processor-error" role="alert" hidden></div></div>
${option("title", "Title", `<input type="text" maxlength="200" ${TYPED}`, "Stands over the results, in the list of your groups and in names of files. Without one, the first words of what you ask.")}
${option("limit", "Only the first n rows", `<input type="text" inputmode="numeric" placeholder="all" ${TYPED}`, "A few rows show what you would get, for little.")}
${option("max-cost", "Never more than $", `<input type="text" inputmode="decimal" placeholder="no bound" ${TYPED}`, "Only as many rows run as it buys.")}
${option("webhook-url", "Webhook (optional)", `<input type="url" inputmode="url" placeholder="https://" ${TYPED}`, "Gets a POST with the link once all rows have ended.")}
</div>
<details id="more-options"><summary>More options</summary>
<div class="options">
${option("webhook-secret", "Webhook secret", `<input type="password" autocapitalize="off" placeholder="whsec_…" ${TYPED}`, "“whsec_” and base64 of 24 to 64 bytes: signs the webhook, as Standard Webhooks has it. This page keeps it nowhere.", `<p class="notice" id="secret-gone" hidden>It was not kept while you were away. Put it in again, or the webhook goes unsigned.</p>`)}
${option("metadata", "Metadata", `<textarea rows="3" placeholder="{&quot;project&quot;: &quot;spring&quot;}" ${TYPED}`, "A JSON object of texts: shown with the results, and sent with the group.")}
${option("other-fields", "Other request fields, as JSON", `<textarea rows="5" placeholder="{&quot;source_policy&quot;: {&quot;include_domains&quot;: [&quot;sec.gov&quot;]}}" ${TYPED}`, "Passed on to Parallel in every run: source_policy, mcp_servers, advanced_settings, previous_interaction_id, memory_scope_key, enable_events.", `<p class="notice" id="others-gone" hidden>It was no JSON object yet, and might have held a secret: it was not kept while you were away. Put it in again.</p>`)}
<div><label class="check"><input type="checkbox" id="skip-empty" aria-describedby="skip-empty-hint skip-empty-error"> Skip empty rows</label>
<p class="hint" id="skip-empty-hint">Rows without any value are left out instead of being refused.</p>
<div class="field-error" id="skip-empty-error" role="alert" hidden></div></div>
</div>
</details>
</section>
</div>

<div class="side">
<section class="card sticky" aria-labelledby="run-title">
<h2 id="run-title">Run</h2>
<dl class="estimate" aria-live="polite">
<div><dt>Rows</dt><dd id="estimate-rows"></dd></div>
<div><dt>With</dt><dd id="estimate-processor"></dd></div>
<div><dt id="cost-label">Cost, about</dt><dd id="estimate-cost"></dd></div>
<div><dt id="time-label">Time per row</dt><dd id="estimate-time"></dd></div>
</dl>
<div class="before">
<button type="button" id="suggest" aria-describedby="suggest-hint">Suggest</button>
<button type="button" id="try">Try 3 rows</button>
</div>
<div id="run-bar"><p class="run-sum" aria-hidden="true"><span id="bar-rows"></span><span id="bar-cost"></span></p>
<button type="submit" class="primary" id="submit" aria-describedby="run-note">Run</button></div>
<p class="hint" id="run-note" role="status"></p>
<p class="notice" id="plan-warnings" hidden></p>
<div class="ask"><label for="ask-above">Ask first above $</label><input type="text" inputmode="decimal" id="ask-above" value="10" autocomplete="off"></div>
<p class="hint" id="suggest-hint">“Suggest” shows fields, processor, cost and time, and starts nothing.</p>
<div class="field-error" id="form-error" role="alert" tabindex="-1" hidden></div>
<p id="form-link" class="hint"></p>
</section>
<section class="card" aria-labelledby="code-title">
<div class="card-head"><h2 id="code-title">As code</h2><button type="button" class="small" id="copy-snippet">Copy</button></div>
<div class="tabs" role="group" aria-label="Language">
<button type="button" class="small" data-language="curl" aria-pressed="true">curl</button>
<button type="button" class="small" data-language="typescript" aria-pressed="false">TypeScript</button>
<button type="button" class="small" data-language="python" aria-pressed="false">Python</button>
</div>
<pre tabindex="0" role="group" aria-label="The request"><code id="snippet"></code></pre>
<p class="hint" id="snippet-note" hidden>Shortened here; Copy takes all of it.</p>
<div class="share"><button type="button" class="small" id="copy-link" aria-describedby="link-note">Copy a link to this form</button>
<p class="hint" id="link-note" role="status">With all that is in it, but your key and secrets. Opening it sends nothing.</p></div>
</section>
</div>
</form>
</main>
<dialog id="confirm" class="card" aria-labelledby="confirm-title" aria-describedby="confirm-text">
<h2 id="confirm-title"></h2>
<div id="confirm-text"></div>
<div class="confirm-buttons"><button type="button" class="primary" id="confirm-go"></button><button type="button" id="confirm-cancel">Cancel</button></div>
</dialog>
<footer class="foot muted">Works with Parallel's API and is not Parallel's own site. <a href="/docs">API</a> · <a href="https://docs.parallel.ai" target="_blank" rel="noopener noreferrer">Parallel's documentation</a></footer>
<!-- ${TAILWIND} runs in this frame: without an origin, and gone before a key is typed -->
<iframe id="tailwind" data-page="${TAILWIND_PATH}" data-script="${TAILWIND}" sandbox="allow-scripts" referrerpolicy="no-referrer" allow="" title="Tailwind" hidden inert></iframe>
</body>
</html>
`

/** The result page's policy, and a frame of this origin: see tailwindFrame.ts. */
export const formCsp = `${resultCsp}; frame-src 'self'`
