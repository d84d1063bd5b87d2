/** The noun phrases a request in plain words asks for. */
const LEAD =
  /^(please|can you|could you|i want|i need|we need|tell me|give me|find out|look up|research|find|get|list(?!\s+of)|collect|extract|identify|determine|provide|return|include|fetch|enrich|add|show|what is|what are|who is|who are|when was|where is|also|then)\b\s*/i
const ARTICLE =
  /^(the|a|an|their|its|his|her|each|every|any|all|some|our|this|that|current|latest|official|main|full|short|brief)\b\s+/i
const ABOUT =
  /\s+\b(of|for|from|about|at|on)\s+(each|every|the|these|those|this|that|all|a|an|our|their|its|given)\b.*$/i
const SCOPE =
  /^(for|of|about|on|from)\s+(each|every|the|these|those|this|all|given|a|an)\s+[\p{L}\p{N} _-]+$/iu
const SPLIT =
  /[,;:.!?\n()[\]{}<>|/]+|\s+(?:and|with|including|plus|as well as|along with|together with|&|und|et|y)\s+/i
const STOP = new Set(
  "is are was were be it they which that who whose company companies row rows person input inputs data information info details about in to by be if unknown".split(
    " ",
  ),
)

export interface Phrase {
  /** snake_case. */
  readonly name: string
  /** The words as they were. */
  readonly words: string
}

const strip = (text: string): string => {
  let phrase = text.trim()
  for (let before = ""; before !== phrase;) {
    before = phrase
    phrase = phrase.replace(LEAD, "").replace(ARTICLE, "").trim()
  }
  return phrase.replace(ABOUT, "").trim()
}

/** At most four telling words, joined as a field name. */
export const snakeCase = (text: string): string =>
  (
    text
      .replace(/\b(number|count|amount|list) of\b/i, "")
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? []
  )
    .filter(
      (word) => !STOP.has(word) && !["the", "of", "a", "an", "or", "for", "its", "their"].includes(word),
    )
    .slice(0, 4)
    .join("_")

const phraseOf = (part: string): Phrase | null => {
  if (SCOPE.test(part.trim())) return null
  const words = strip(part)
  const base = snakeCase(words)
  if (base === "" || base.length > 60) return null
  const name =
    /\b(number|count|amount) of\b/i.test(words) && !/count|number/.test(base) ? `${base}_count` : base
  return { name: /^\d/.test(name) ? `field_${name}` : name, words }
}

export const phrasesOf = (intent: string): Phrase[] => {
  const seen = new Set<string>()
  return intent
    .slice(0, 5_000)
    .split(SPLIT)
    .map(phraseOf)
    .filter((phrase): phrase is Phrase => {
      if (phrase === null || seen.has(phrase.name)) return false
      seen.add(phrase.name)
      return true
    })
}
