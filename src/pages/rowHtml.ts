/** The page of one row, fixed but for `{{title}}`, `{{links}}` and `{{row}}`. It runs no script. */
export const rowHtml = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{title}}</title>
<meta name="robots" content="noindex, nofollow">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<link rel="icon" type="image/svg+xml" href="/favicon.svg">
<link rel="stylesheet" href="/assets/tokens.css">
<link rel="stylesheet" href="/assets/base.css">
<link rel="stylesheet" href="/assets/parts.css">
<link rel="stylesheet" href="/assets/panel.css">
<link rel="stylesheet" href="/assets/row.css">
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
