// @ts-check
/**
 * The Tailwind script from its CDN is an extra: the pages' own CSS carries the design. Its reset is turned off, since
 * it would undo that CSS, and it learns the four colours. It may come before or after this script, or never.
 */
const configure = () => {
  const { tailwind } = /** @type {{ tailwind?: { config: unknown } }} */ (/** @type {unknown} */ (window))
  if (!tailwind) return
  tailwind.config = {
    corePlugins: { preflight: false },
    theme: {
      extend: {
        colors: { "off-white": "#fcfcfa", "index-black": "#1d1b16", neural: "#d8d0bf", signal: "#fb631b" },
      },
    },
  }
}

configure()
document.getElementById("tailwind-cdn")?.addEventListener("load", configure)

export {}
