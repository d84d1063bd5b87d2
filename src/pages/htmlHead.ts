/**
 * The beginning of a page that no search engine is to keep, up to what else its head has. `title` is HTML; `styles` is
 * the name of its style sheet, made of `assets/pages/<styles>.css`.
 */
export const htmlHead = (title: string, styles: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<meta name="robots" content="noindex, nofollow">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<link rel="icon" type="image/svg+xml" href="/favicon.svg">
<link rel="stylesheet" href="/assets/made/${styles}.css">`
