export const GIVEN =
  "Amara Björn Chiara Daniel Elena Farid Grace Hiroshi Inés Jonas Keiko Lukas María Noah Olga Priya Quentin Rosa Samuel Théa Uma Victor Wei Ximena Yusuf Zoë".split(
    " ",
  )
export const FAMILY =
  "Almeida Bauer Chen Dubois Eriksson Fischer García Haddad Ivanova Jensen Kowalski Lindqvist Müller Nakamura Okafor Patel Rossi Silva Tanaka Varga Weber Yılmaz Zhang".split(
    " ",
  )
export const PLACES: ReadonlyArray<readonly [string, string]> = [
  ["Berlin", "Germany"],
  ["Lisbon", "Portugal"],
  ["Toronto", "Canada"],
  ["Singapore", "Singapore"],
  ["Austin", "United States"],
  ["Boston", "United States"],
  ["Zürich", "Switzerland"],
  ["São Paulo", "Brazil"],
  ["Tallinn", "Estonia"],
  ["Bengaluru", "India"],
  ["Manchester", "United Kingdom"],
  ["Copenhagen", "Denmark"],
]
/** Industries with a product each, and words in a name that suggest them. */
export const TRADES: ReadonlyArray<readonly [RegExp, string, string]> = [
  [/freight|logist|ship|cargo|transport/i, "Logistics", "route planning software for freight carriers"],
  [/health|medic|clinic|bio|pharma/i, "Health care software", "a scheduling platform for clinics"],
  [/energy|solar|power|volt|wind/i, "Renewable energy", "modular battery storage for buildings"],
  [
    /anvil|robot|forge|motor|mill|machine/i,
    "Industrial automation",
    "sensors and analytics for factory floors",
  ],
  [/food|coffee|bak|farm|kitchen/i, "Food and beverage", "plant-based ingredients for food makers"],
  [/bank|pay|capital|fin|credit/i, "Financial services", "compliance tools for small banks"],
  [/secur|cyber|guard|shield/i, "Cybersecurity", "secure file exchange for law firms"],
  [/learn|school|edu|academy/i, "Education technology", "a learning platform for trade schools"],
]
export const INDUSTRIES = TRADES.map(([, industry]) => industry)
export const TOPICS = [
  "market expansion",
  "a new product line",
  "hiring in engineering",
  "a partnership programme",
  "regulatory approval",
  "a funding round",
  "customer growth",
  "an open source release",
]
