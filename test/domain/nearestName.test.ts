import { describe, expect, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { nearestName } from "../../src/domain/nearestName.ts"

const FIELDS = (
  "inputs webhook_url processor output_type output_description output_schema limit max_cost_usd dry_run skip_empty title " +
  "metadata webhook_secret source_policy mcp_servers advanced_settings previous_interaction_id memory_scope_key enable_events"
).split(" ")

describe("nearestName", () => {
  it.each([
    ["output_scema", "output_schema"],
    ["outputSchema", "output_schema"],
    ["output-schema", "output_schema"],
    ["OUTPUT SCHEMA", "output_schema"],
    ["outputschema", "output_schema"],
    ["schema", "output_schema"],
    ["description", "output_description"],
    ["desc", "output_description"],
    ["output_desc", "output_description"],
    ["outputDescripton", "output_description"],
    ["type", "output_type"],
    ["processors", "processor"],
    ["proccesor", "processor"],
    ["processor_name", "processor"],
    ["dryRun", "dry_run"],
    ["dryrun", "dry_run"],
    ["dry", "dry_run"],
    ["webhook", "webhook_url"],
    ["webhookURL", "webhook_url"],
    ["web_hook_url", "webhook_url"],
    ["url", "webhook_url"],
    ["secret", "webhook_secret"],
    ["input", "inputs"],
    ["imputs", "inputs"],
    ["titel", "title"],
    ["limits", "limit"],
    ["max_cost", "max_cost_usd"],
    ["maxCostUSD", "max_cost_usd"],
    ["max-cost-us", "max_cost_usd"],
    ["meta", "metadata"],
    ["meta_data", "metadata"],
    ["mcp", "mcp_servers"],
    ["mcpServer", "mcp_servers"],
    ["source_policies", "source_policy"],
    ["interaction_id", "previous_interaction_id"],
    ["memory_key", "memory_scope_key"],
    ["events", "enable_events"],
    ["skipEmptyRows", "skip_empty"],
    ["settings", "advanced_settings"],
  ])("%s is %s", (name, meant) => {
    expect(nearestName(name, FIELDS)).toBe(meant)
  })

  it.each([
    "",
    "_",
    "✓",
    "colour",
    "id",
    "key",
    "api_key",
    "rows",
    "input_schema",
    "rate_limit_per_minute",
    "constructor",
    "__proto__",
    "utm_source",
    "table",
    "x".repeat(100_000),
  ])("%s is none", (name) => {
    expect(nearestName(name, FIELDS)).toBeNull()
  })

  it.prop("finds each name itself, and whatever comes never throws", [Schema.String], ([name]) => {
    for (const field of FIELDS) expect(nearestName(field, FIELDS)).toBe(field)
    expect([...FIELDS, null]).toContain(nearestName(name, FIELDS))
    expect(nearestName(name, [])).toBeNull()
  })
})
