import { escapeHtml } from "../domain/Json.ts"
import { resultCsp } from "./resultHtml.ts"
import { htmlHead } from "./htmlHead.ts"

/** The same policy as the result page's: own scripts and styles, requests to this origin only. */
export const callbackCsp = resultCsp

/**
 * Where Parallel's login sends people back to. Fixed but for the address of that login: what came along in the address
 * is read by assets/callback/callback.js, which sends the code to this origin and goes back to the form.
 */
export const callbackHtml = (
  loginUrl: string,
): string => `${htmlHead("Signing in · Parallel Multitask", "message")}
<script type="module" src="/assets/made/callback.js"></script>
<noscript><link rel="stylesheet" href="/assets/noscript.css"></noscript>
</head>
<body>
<header class="top"><a class="brand" href="/"><img src="/favicon.svg" alt="" width="26" height="26">Parallel Multitask</a></header>
<main class="message-page">
<h1 id="title" class="js" tabindex="-1">Signing in…</h1>
<p id="message" class="js" role="status">Getting your key from Parallel.</p>
<p class="notice" id="hint" hidden>Pasting a key always works: copy one at <a href="https://platform.parallel.ai" target="_blank" rel="noopener noreferrer">platform.parallel.ai</a> and put it into the form.</p>
<div class="actions" id="actions" hidden><button type="button" id="sign-in" data-login="${escapeHtml(loginUrl)}">Sign in again</button>
<a class="button" href="/">Back to the form</a></div>
<noscript><h1>Sign-in needs JavaScript</h1><p>Switch it on and reload this page, or send your key as <code>x-api-key</code> yourself. <a href="/">Back to the form</a></p></noscript>
</main>
</body>
</html>
`
