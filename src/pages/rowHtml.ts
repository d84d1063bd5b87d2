import { htmlHead } from "./htmlHead.ts"

/** The page of one row, fixed but for `{{title}}`, `{{links}}` and `{{row}}`. It runs no script. */
export const rowHtml = `${htmlHead("{{title}}", "row")}
</head>
<body>
<header class="top">
<a class="brand" href="/"><img src="/favicon.svg" alt="" width="26" height="26">Parallel Multitask</a>
<nav aria-label="Rows and formats">
{{links}}
</nav>
</header>
<main class="row-page">
{{row}}
</main>
</body>
</html>
`

/** Nothing runs; nothing from elsewhere but the fonts. */
export const rowCsp = [
  "default-src 'none'",
  "style-src 'self'",
  "font-src https://assets.parallel.ai https://assets.p0web.com",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ")
