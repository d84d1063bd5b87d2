export const DEMO_KEY = "demo-key"

const demoRequest = {
  inputs: [{ company: "Stripe" }, { company: "Anthropic" }, { company: "Cloudflare" }],
  output_type: "json",
  output_description: "Founding year, headquarters city and number of employees of the company",
}

/** What is printed once both servers answer. */
export const welcome = (options: {
  readonly url: string
  readonly data: string
  readonly simulatorUrl: string | undefined
}): string => {
  const key = options.simulatorUrl === undefined ? "$PARALLEL_API_KEY" : DEMO_KEY
  const intro =
    options.simulatorUrl === undefined
      ? "Parallel Multitask runs against Parallel's API: what you submit is charged to the key you give."
      : `Parallel Multitask runs, with a stand-in for Parallel's API at ${options.simulatorUrl}: no account, no costs.`
  const logs = options.simulatorUrl === undefined ? "wrangler.log" : "wrangler.log and simulator.log"
  return `
${intro}

  Form     ${options.url}/
  API key  ${key}

Open the form, give the key and submit the example; or submit from here:

  curl ${options.url}/v1beta/tasks/multitask \\
    -H "x-api-key: ${key}" -H "content-type: application/json" \\
    -d '${JSON.stringify(demoRequest)}'

The answer is one URL. Open it in a browser and watch the results fill in; with .json, .md, .sse or .db at its end
it shows them in that format.

Groups and logs (${logs}) are kept in ${options.data}. Ctrl-C stops everything.
`
}
