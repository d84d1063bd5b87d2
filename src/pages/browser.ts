/**
 * What the pages' scripts use of the domain: one code for what the server and a browser do with the same text. The pages
 * load it as `assets/shared/domain.js`, which `npm run pages` makes of this file.
 */
export { csvRecord, inert } from "../domain/Csv.ts"
export { compareNumbers } from "../domain/JsonNumber.ts"
export {
  compactText,
  elementsOf,
  escapeRaw,
  fieldsOf,
  kindOf,
  membersOf,
  readableText,
  shownText,
} from "../domain/JsonText.ts"
