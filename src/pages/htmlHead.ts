/**
 * The beginning of a page that no search engine is to keep, up to what else its head has. `title` is HTML; `styles` are
 * the names of its own style sheets, behind those that all pages have.
 */
export const htmlHead = (title: string, ...styles: ReadonlyArray<string>): string =>
  quietHead(title, "fonts", ...styles)

/** The same of a page that asks nobody else for anything, typefaces included. */
export const quietHead = (title: string, ...styles: ReadonlyArray<string>): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<meta name="robots" content="noindex, nofollow">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<link rel="icon" type="image/svg+xml" href="/favicon.svg">
${["tokens", "base", "parts", ...styles].map((name) => `<link rel="stylesheet" href="/assets/${name}.css">`).join("\n")}`
