import { escapeHtml } from "../domain/Json.ts"
import { htmlHead } from "./htmlHead.ts"
import { quietCsp } from "./resultHtml.ts"

/** Whose studio it is: the one site that the page may frame, hear and answer. */
export const STUDIO_ORIGIN = "https://studio.outerbase.com"

/** The result page's policy, and the one frame. It holds the frame's own navigation too. */
export const studioCsp = `${quietCsp}; frame-src ${STUDIO_ORIGIN}`

/**
 * The page that Outerbase's studio is opened from. Until its button is pressed nothing of the studio is asked for; the
 * frame and what passes to and from it is made by assets/studio/studio.js.
 *
 * @param id of the group, safe in a URL and in HTML (`isGroupId`)
 * @param frame the studio's address, of `STUDIO_ORIGIN`; null when there is none to be had
 */
export const studioHtml = (
  id: string,
  frame: string | null,
): string => `${htmlHead(`Studio · ${id}`, "studio")}
<noscript><link rel="stylesheet" href="/assets/noscript.css"></noscript>
<script type="module" src="/assets/made/studio.js"></script>
</head>
<body>
<header class="top">
<a class="brand" href="/"><img src="/favicon.svg" alt="" width="26" height="26">Parallel Multitask</a>
<span class="group-id"><code>${id}</code></span>
<nav aria-label="This task group">
<a class="button small" href="/${id}.html">Results</a>
<a class="button small" href="/${id}.db">SQL console</a>
</nav>
</header>
<main id="page">
<div class="message-page" id="before">
<h1>Outerbase studio</h1>
${
  frame === null
    ? `<p class="notice error">The studio cannot be opened here at the moment. The <a href="/${id}.db">SQL console</a> asks the same database.</p>`
    : `<p id="what">The studio is a page of another company, at <code>${STUDIO_ORIGIN.slice(8)}</code>. It will see this group’s contents and its URL: all inputs and outputs are sent there as it asks for them, and who knows the URL can read the group. It cannot change the group.</p>
<p>The <a href="/${id}.db">SQL console</a> asks the same database and sends nothing to anyone else.</p>
<div class="actions js"><button type="button" class="primary" id="open" data-frame="${escapeHtml(frame)}" aria-describedby="what">Open the studio</button></div>
<noscript><p>The studio needs JavaScript.</p></noscript>`
}
</div>
</main>
</body>
</html>
`
