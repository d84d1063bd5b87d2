import { Multitask, MultitaskError } from "parallel-multitask/client"

const multitask = new Multitask({
  baseUrl: process.env["MULTITASK_URL"] ?? "http://127.0.0.1:8787",
  apiKey: process.env["PARALLEL_API_KEY"] ?? "demo-key",
})

const request = {
  inputs: [{ company: "Stripe" }, { company: "Anthropic" }, { company: "Cloudflare" }],
  output_type: "json",
  output_description: "Founding year and headquarters city of the company",
} as const

try {
  const plan = await multitask.plan(request)
  console.log(`${plan.num_inputs} rows with ${plan.processor}: about $${plan.estimated_cost_usd}`)

  // Nothing is suggested again, and where there is a price it cannot cost more than was shown.
  const group = await multitask.create({
    ...request,
    output_schema: plan.output_schema,
    processor: plan.processor,
    max_cost_usd: plan.estimated_cost_usd,
  })
  console.log(group.url)

  for await (const row of group.rows()) {
    console.log(row.input["company"], row.status, row.output?.content ?? row.error?.message)
  }
  console.log((await group.status()).task_run_status_counts)
} catch (error) {
  if (!(error instanceof MultitaskError)) throw error
  console.error(error.status, error.message, error.errors)
}
