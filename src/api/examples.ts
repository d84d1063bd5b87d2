import type { Examples } from "./about.ts"

/** One small group, from the request to its end. The origin is filled in where the document is served. */

const GROUP = "tgrp_868d3761beb71ce27613af928fec33e4"
export const GROUP_URL = `{{origin}}/${GROUP}`

const COMPANIES = [{ company: "Stripe" }, { company: "Anthropic" }, { company: "Cloudflare" }]
const QUESTION = "Founding year and number of employees of the company"

const SCHEMA = {
  type: "object",
  properties: {
    founding_year: { type: "string", description: "The year it was founded" },
    employees: { type: "integer", description: "Number of employees" },
  },
  required: ["founding_year", "employees"],
  additionalProperties: false,
}

const estimate = {
  num_inputs: 3,
  num_inputs_left_out: 0,
  processor: "base",
  output_schema: SCHEMA,
  estimated_cost_usd: 0.03,
  estimated_seconds: { min: 15, max: 100 },
  warnings: [],
}
const about = { url: GROUP_URL, taskgroup_id: GROUP }
const one = (summary: string, value: unknown): Examples => ({ [nameOf(summary)]: { summary, value } })
const nameOf = (summary: string) => summary.toLowerCase().replaceAll(/[^a-z]+/g, "-")

const status = {
  num_task_runs: 3,
  task_run_status_counts: { completed: 1, running: 2 },
  is_active: true,
  status_message: "",
  modified_at: "2026-11-28T22:25:12.779Z",
  state: "running",
  estimated_cost_usd: 0.03,
}

const run = {
  run_id: "trun_199f43d7298feb2169c37ccf88812792",
  interaction_id: "trun_199f43d7298feb2169c37ccf88812792",
  status: "completed",
  is_active: false,
  warnings: null,
  error: null,
  processor: "base",
  metadata: { input_index: "0" },
  taskgroup_id: GROUP,
  created_at: "2026-11-28T22:25:03.749000Z",
  modified_at: "2026-11-28T22:25:11.120000Z",
}

const content = {
  founding_year: "2010",
  employees: 8500,
}

const output = {
  content,
  type: "json",
  basis: [
    {
      field: "founding_year",
      citations: [{ title: "About Stripe", url: "https://stripe.com/about", excerpts: ["Founded in 2010"] }],
      reasoning: "Stripe's own page says so.",
      confidence: "high",
    },
  ],
}

const row = { ...run, input_index: 0, input: COMPANIES[0], output }
const resultRow = { $id: run.run_id, $status: "completed", ...COMPANIES[0], ...content }

export const examples = {
  createRequests: {
    plan: {
      summary: "What would it cost?",
      value: { inputs: COMPANIES, output_type: "json", output_description: QUESTION, dry_run: true },
    },
    "three-rows": {
      summary: "The first three rows, schema and processor suggested",
      value: { inputs: COMPANIES, output_type: "json", output_description: QUESTION, limit: 3 },
    },
    everything: {
      summary: "With schema, processor and a cap",
      value: {
        inputs: COMPANIES,
        output_type: "json",
        output_schema: SCHEMA,
        processor: "base",
        max_cost_usd: 1,
        skip_empty: true,
        title: "Payment companies",
        metadata: { team: "research" },
        source_policy: { exclude_domains: ["example.com"], after_date: "2024-01-01" },
        advanced_settings: { location: "us" },
      },
    },
    text: {
      summary: "A text for each row",
      value: {
        inputs: COMPANIES,
        output_type: "text",
        output_description: "Two sentences on what the company sells, and to whom.",
        processor: "lite",
      },
    },
  } satisfies Examples,
  createAnswers: {
    created: { summary: "A group", value: { ...about, ...estimate } },
    plan: { summary: "A plan", value: { dry_run: true, ...estimate } },
  } satisfies Examples,
  addRequests: one("One more row", { inputs: [{ company: "Shopify" }], max_cost_usd: 1 }),
  addAnswers: one("Added", {
    ...about,
    added: 1,
    first_index: 3,
    num_inputs: 4,
    estimated_cost_usd: 0.01,
    warnings: [],
  }),
  retryRequests: {
    ...one("All that failed", {}),
    ...one("These, with a better processor", { rows: [0, 2], processor: "core", max_cost_usd: 1 }),
  } satisfies Examples,
  retryAnswers: one("Running again", { ...about, retried: 2, estimated_cost_usd: 0.05, warnings: [] }),
  noFields: one("Nothing", {}),
  stopAnswers: one("Stopped", { ...about, not_sent: 2, running: 1, warnings: [] }),
  resumeAnswers: one("Resumed", { ...about, resumed: 2, warnings: [] }),
  deleteAnswers: one("Deleted", { ...about, deleted: true, running: 0, warnings: [] }),
  result: one("One row has ended", {
    taskgroup_id: GROUP,
    metadata: {
      title: "Founding year and number of employees of the company",
      question: QUESTION,
      product: "parallel-multitask",
      origin: "{{origin}}",
      num_inputs: 3,
      processor: "base",
    },
    status,
    created_at: "2026-11-28T22:25:03.749000Z",
    output_schema: SCHEMA,
    warnings: [],
    results: [resultRow],
    runs: [row],
  }),
  row: one("A row that has ended", row),
  jsonl: one("Lines", `${JSON.stringify(resultRow)}\n`),
  csv: one(
    "Rows",
    "$id,$status,company,founding_year,employees,$error\r\n" +
      `${run.run_id},completed,Stripe,2010,8500,\r\n`,
  ),
  markdown: one(
    "A table",
    `# Payment companies\n\n1 of 3 completed, 2 running\n\n| status | company | founding_year | run |\n| --- | --- | --- | --- |\n| ✅ completed | Stripe | 🟢 2010 | ${run.run_id} |\n`,
  ),
  events: one(
    "How it begins and ends",
    [
      `event: task_group_status\ndata: ${JSON.stringify({ type: "task_group_status", event_id: "0", status })}`,
      `id: 6\nevent: task_run.state\ndata: ${JSON.stringify({
        type: "task_run.state",
        event_id: "6",
        input_index: 0,
        input: { processor: "base", metadata: run.metadata, input: COMPANIES[0] },
        run,
        output: { content, type: "json" },
      })}`,
      'id: 16\nevent: done\ndata: {"type":"done","event_id":"16"}',
    ].join("\n\n") + "\n\n",
  ),
  sqlRequests: one("A question", {
    type: "query",
    id: "1",
    statement: "select company, founding_year from results order by founding_year",
  }),
  sqlAnswers: {
    ...one("Rows", {
      result: {
        headers: [
          { name: "company", displayName: "company", originalType: "text" },
          { name: "founding_year", displayName: "founding_year", originalType: "text" },
        ],
        rows: [{ company: "Stripe", founding_year: "2010" }],
        stat: { queryDurationMs: 1, rowsAffected: 0, rowsRead: 3, rowsWritten: 0 },
      },
    }),
    ...one("Refused", { error: "This database is read-only: DELETE is no SELECT." }),
  } satisfies Examples,
  error: one("A field that is missing", {
    type: "error",
    error: {
      ref_id: "f2a2fe17-0b35-4631-b47f-d5c4be929494",
      message: 'output_type must be "text" or "json"; it is missing.',
      detail: { errors: [{ path: "output_type", message: 'must be "text" or "json"; it is missing.' }] },
    },
  }),
}
