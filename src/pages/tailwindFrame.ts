/** Tailwind's script from its CDN: the one foreign script, and this the one page that loads it. */
export const TAILWIND = "https://cdn.tailwindcss.com"

/** Where the form frames it. */
export const TAILWIND_PATH = "/form/tailwind"

/** The utility classes that the form uses: all that the script is told. */
export const TAILWIND_CLASSES = "antialiased"

/**
 * Without its reset, which would undo the page's own CSS, and with the four colours. Tailwind writes its CSS into a style
 * element when it likes; the form gets it then, and decides what to take.
 */
const SCRIPT = `
if (window.tailwind) {
  tailwind.config = {
    corePlugins: { preflight: false },
    theme: {
      extend: {
        colors: { "off-white": "#fcfcfa", "index-black": "#1d1b16", neural: "#d8d0bf", signal: "#fb631b" },
      },
    },
  }
  const tell = () => {
    const css = [...document.querySelectorAll("style")].map((style) => style.textContent).join("")
    if (css !== "") parent.postMessage(css, "*")
  }
  new MutationObserver(tell).observe(document.head, { childList: true, subtree: true, characterData: true })
}
`

/** SHA-256 of `SCRIPT`. */
const SCRIPT_HASH = "sha256-Sm60V4mGqZGlS2bXvduiWX6juIAITB+rhgAYUYwRj08="

/** A document without an origin: it sees neither the form nor what this origin stores, even when opened by itself. */
export const tailwindFrameHtml = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Tailwind</title>
<script src="${TAILWIND}"></script>
<script>${SCRIPT}</script>
</head>
<body class="${TAILWIND_CLASSES}"></body>
</html>
`

/** The origin's own pages may frame it, it may load its script and write styles, and reach nothing else. */
export const tailwindFrameCsp = [
  "sandbox allow-scripts",
  "default-src 'none'",
  `script-src ${TAILWIND} '${SCRIPT_HASH}'`,
  "style-src 'unsafe-inline'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'self'",
].join("; ")
