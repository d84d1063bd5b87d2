/** Facts about well-known companies, so that a demo shows values people recognise. */
export interface Company {
  readonly name: string
  readonly website: string
  readonly city: string
  readonly country: string
  readonly founded: number
  readonly industry: string
  readonly ceo: string
  readonly employees: number
  readonly product: string
}

/** Name, website, city, country, founded, industry, chief executive, employees, product. */
const TABLE = `
Stripe | stripe.com | South San Francisco | United States | 2010 | Financial technology | Patrick Collison | 8500 | online payment processing
Airbnb | airbnb.com | San Francisco | United States | 2008 | Travel | Brian Chesky | 7300 | a marketplace for homes and experiences
Shopify | shopify.com | Ottawa | Canada | 2006 | E-commerce software | Tobias Lütke | 8100 | a commerce platform for online shops
Spotify | spotify.com | Stockholm | Sweden | 2006 | Music streaming | Daniel Ek | 7300 | music and podcast streaming
Cloudflare | cloudflare.com | San Francisco | United States | 2009 | Internet infrastructure | Matthew Prince | 4200 | a global network for security and speed
OpenAI | openai.com | San Francisco | United States | 2015 | Artificial intelligence | Sam Altman | 3500 | large language models
Anthropic | anthropic.com | San Francisco | United States | 2021 | Artificial intelligence | Dario Amodei | 1100 | the Claude family of AI models
Figma | figma.com | San Francisco | United States | 2012 | Design software | Dylan Field | 1600 | collaborative interface design
Notion | notion.com | San Francisco | United States | 2013 | Productivity software | Ivan Zhao | 1000 | a connected workspace for notes and projects
Canva | canva.com | Sydney | Australia | 2013 | Design software | Melanie Perkins | 5000 | online graphic design
Datadog | datadoghq.com | New York | United States | 2010 | Cloud monitoring | Olivier Pomel | 6500 | observability for cloud applications
Snowflake | snowflake.com | Bozeman | United States | 2012 | Data platforms | Sridhar Ramaswamy | 7800 | a cloud data platform
Databricks | databricks.com | San Francisco | United States | 2013 | Data platforms | Ali Ghodsi | 8000 | a data and AI platform
Microsoft | microsoft.com | Redmond | United States | 1975 | Software | Satya Nadella | 228000 | software and cloud services
Apple | apple.com | Cupertino | United States | 1976 | Consumer electronics | Tim Cook | 164000 | phones, computers and services
Google | google.com | Mountain View | United States | 1998 | Internet services | Sundar Pichai | 183000 | search, advertising and cloud services
Amazon | amazon.com | Seattle | United States | 1994 | E-commerce | Andy Jassy | 1556000 | online retail and cloud computing
Netflix | netflix.com | Los Gatos | United States | 1997 | Entertainment | Ted Sarandos | 14000 | video streaming
Tesla | tesla.com | Austin | United States | 2003 | Automotive | Elon Musk | 125000 | electric vehicles and energy storage
NVIDIA | nvidia.com | Santa Clara | United States | 1993 | Semiconductors | Jensen Huang | 36000 | graphics and AI processors
Siemens | siemens.com | Munich | Germany | 1847 | Industrial technology | Roland Busch | 312000 | automation and digital industry
SAP | sap.com | Walldorf | Germany | 1972 | Enterprise software | Christian Klein | 109000 | business software
Toyota | toyota.com | Toyota City | Japan | 1937 | Automotive | Koji Sato | 380000 | cars and hybrid vehicles
LEGO | lego.com | Billund | Denmark | 1932 | Toys | Niels B. Christiansen | 28000 | building bricks and toys
Patagonia | patagonia.com | Ventura | United States | 1973 | Outdoor clothing | Ryan Gellert | 3000 | outdoor clothing and gear
Nestlé | nestle.com | Vevey | Switzerland | 1866 | Food and beverages | Philipp Navratil | 277000 | food, drinks and coffee
IKEA | ikea.com | Delft | Netherlands | 1943 | Retail | Jon Abrahamsson Ring | 216000 | ready-to-assemble furniture
Klarna | klarna.com | Stockholm | Sweden | 2005 | Financial technology | Sebastian Siemiatkowski | 3400 | buy now, pay later services
Vercel | vercel.com | San Francisco | United States | 2015 | Developer tools | Guillermo Rauch | 650 | a platform for web applications
Linear | linear.app | San Francisco | United States | 2019 | Productivity software | Karri Saarinen | 100 | issue tracking for product teams
`

const companyOf = (line: string): Company => {
  const [
    name = "",
    website = "",
    city = "",
    country = "",
    founded,
    industry = "",
    ceo = "",
    employees,
    product = "",
  ] = line.split(" | ")
  return {
    name,
    website,
    city,
    country,
    founded: Number(founded),
    industry,
    ceo,
    employees: Number(employees),
    product,
  }
}

const KNOWN = new Map(
  TABLE.trim()
    .split("\n")
    .map(companyOf)
    .map((company) => [company.name.toLowerCase(), company]),
)
const BY_WEBSITE = new Map([...KNOWN.values()].map((company) => [company.website, company]))

/** A company by its name, with or without a legal form, or by its web address. */
export const findCompany = (text: string): Company | undefined => {
  const name = text
    .toLowerCase()
    .replace(/[,.]?\s+(inc|llc|ltd|gmbh|ag|se|corp|corporation|ab|plc|labs)\.?$/, "")
    .trim()
  const host =
    name
      .replace(/^https?:\/\//, "")
      .replace(/^www\./, "")
      .split("/")[0] ?? ""
  return KNOWN.get(name) ?? BY_WEBSITE.get(host)
}
