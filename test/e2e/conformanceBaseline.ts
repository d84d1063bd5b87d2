/**
 * What the official conformance suite finds missing, with the reason why that is as it should be. A failure without a
 * reason here fails the test, and so does one that has gone: then it goes from here, too.
 */

export type Revision = "2025-11-25" | "2026-07-28"

interface Explained {
  readonly why: string
  /** A scenario, or one of its checks. */
  readonly failures: ReadonlyArray<string>
}

const NO_SUCH_TOOL =
  "The scenario calls a tool that the suite's reference server has for it. This server has seven tools, none of them for tests; what a tool's answers are like is shown with those seven (mcp.test.ts)."
const NO_RESOURCES =
  "There are no resources: results are read by a tool, in parts that fit, and by people at their URL. The server says so in its capabilities."
const NO_PROMPTS = "There are no prompts. The server says so in its capabilities."
const NO_LOGGING =
  "There is no logging to clients: it would need a session. The server says so in its capabilities."
const NO_COMPLETION =
  "There is nothing to complete: arguments are a person's data. The server says so in its capabilities."
const NO_QUESTIONS =
  "No tool asks back: what is missing is a failure that says what to do, which every client can show. The scenario needs a tool of the suite's reference server that asks."
const NO_HEADERS = "No argument is to be sent as a header, too: the scenario needs a tool of which one is."

const TOOLS_OF_REFERENCE = [
  "tools-call-simple-text",
  "tools-call-image",
  "tools-call-audio",
  "tools-call-embedded-resource",
  "tools-call-mixed-content",
  "tools-call-error",
  "tools-call-with-progress",
  "json-schema-2020-12: json-schema-2020-12-tool-found",
]
const RESOURCES = [
  "resources-list",
  "resources-read-text",
  "resources-read-binary",
  "resources-templates-read",
]
const PROMPTS = [
  "prompts-list",
  "prompts-get-simple",
  "prompts-get-with-args",
  "prompts-get-embedded-resource",
  "prompts-get-with-image",
]

export const EXPECTED: Readonly<Record<Revision, ReadonlyArray<Explained>>> = {
  "2025-11-25": [
    { why: NO_SUCH_TOOL, failures: TOOLS_OF_REFERENCE },
    { why: NO_RESOURCES, failures: [...RESOURCES, "resources-subscribe", "resources-unsubscribe"] },
    { why: NO_PROMPTS, failures: PROMPTS },
    { why: NO_LOGGING, failures: ["logging-set-level", "tools-call-with-logging"] },
    { why: NO_COMPLETION, failures: ["completion-complete"] },
    {
      why: NO_QUESTIONS,
      failures: [
        "tools-call-sampling",
        "tools-call-elicitation",
        "elicitation-sep1034-defaults: elicitation-sep1034-general",
        "elicitation-sep1330-enums: elicitation-sep1330-general",
      ],
    },
  ],
  "2026-07-28": [
    { why: NO_SUCH_TOOL, failures: TOOLS_OF_REFERENCE },
    {
      why: NO_RESOURCES,
      failures: [
        ...RESOURCES,
        "caching: sep-2549-resources-list-caching-hints",
        "caching: sep-2549-resources-templates-list-caching-hints",
      ],
    },
    { why: NO_PROMPTS, failures: [...PROMPTS, "caching: sep-2549-prompts-list-caching-hints"] },
    { why: NO_LOGGING, failures: ["server-stateless: sep-2575-server-no-log-without-loglevel"] },
    { why: NO_COMPLETION, failures: ["completion-complete"] },
    {
      why: NO_QUESTIONS,
      failures: [
        "server-stateless: sep-2575-server-rejects-undeclared-capability",
        "server-stateless: sep-2575-missing-capability-http-400",
        "server-stateless: sep-2575-http-server-no-independent-requests-on-stream",
        "input-required-result-basic-elicitation: sep-2322-elicitation-incomplete",
        "input-required-result-basic-list-roots: sep-2322-list-roots-incomplete",
        "input-required-result-basic-sampling: sep-2322-sampling-incomplete",
        "input-required-result-capability-check: sep-2322-respect-client-capabilities",
        "input-required-result-multi-round: sep-2322-multi-round-r1",
        "input-required-result-multiple-input-requests: sep-2322-multiple-inputs-incomplete",
        "input-required-result-non-tool-request: sep-2322-non-tool-incomplete",
        "input-required-result-request-state: sep-2322-request-state-incomplete",
        "input-required-result-result-type: sep-2322-result-type-included",
        "input-required-result-tampered-state: sep-2322-reject-tampered-state",
      ],
    },
    {
      why: NO_HEADERS,
      failures: [
        "http-custom-header-server-validation: sep-2243-server-no-xmcp-tool",
        "http-custom-header-server-validation: sep-2243-server-decode-base64",
        "http-custom-header-server-validation: sep-2243-server-validate-param-match",
        "http-custom-header-server-validation: sep-2243-server-reject-invalid-param-chars",
        "http-custom-header-server-validation: sep-2243-server-reject-param-mismatch",
      ],
    },
  ],
}

/** How many checks of a scenario succeed at least: one that could not be run has no failure either. */
export const SUCCEEDING: Readonly<Record<Revision, Readonly<Record<string, number>>>> = {
  "2025-11-25": { "server-initialize": 2, ping: 2, "tools-list": 3, "dns-rebinding-protection": 2 },
  "2026-07-28": {
    "server-stateless": 24,
    "tools-list": 4,
    caching: 4,
    "http-header-validation": 14,
    "server-sse-multiple-streams": 1,
    "dns-rebinding-protection": 2,
  },
}
