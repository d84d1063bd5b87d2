// @ts-check
/** Radio buttons by their name: several switches of one page. */

/** @param {string} name */
export const chosen = (name) =>
  /** @type {HTMLInputElement | null} */ (document.querySelector(`input[name=${name}]:checked`))?.value ?? ""

/** @param {string} name @param {string} value */
export function choose(name, value) {
  for (const radio of /** @type {NodeListOf<HTMLInputElement>} */ (
    document.querySelectorAll(`input[name=${name}]`)
  ))
    radio.checked = radio.value === value
}
