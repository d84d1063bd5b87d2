import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpBody from "effect/http/HttpBody"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import { Malformed, type ParallelError, Unavailable } from "../domain/Errors.ts"
import { compactText } from "../domain/JsonText.ts"
import { USER_AGENT } from "../domain/Product.ts"
import { type Redactor, redactorOf } from "../domain/redact.ts"
import { secretsIn } from "../domain/RunOptions.ts"
import { call as again } from "../domain/Schedules.ts"
import { makeSseParser, type SseEvent } from "./parallel/sseParser.ts"
import { type GroupEvent, readGroupEvent, readObject, readRun, readRunId } from "../domain/Wire.ts"
import type { JsonText } from "../domain/TaskGroup.ts"
import { type ApiKey, ParallelApi } from "../services/ParallelApi.ts"
import { RequestBudget } from "../services/RequestBudget.ts"
import { SecretStore } from "../services/SecretStore.ts"
import { Settings } from "../services/Settings.ts"
import { toParallelError } from "./parallel/answers.ts"
import { readAddedRuns, readGroup, readProcessors, readResult, readSuggestion } from "./parallel/readers.ts"

/** Group and run endpoints are current under `/v1`; the suggest endpoints exist under `/v1beta` only. */
const GROUPS = "/v1/tasks/groups"
const RUNS = "/v1/tasks/runs"
const SUGGEST = "/v1beta/tasks"

/** Until the whole answer of a short call. */
const CALL_TIMEOUT = Duration.seconds(30)
/** Adding 1,000 runs may take long, and giving up means waiting for the outcome to settle. */
const ADD_RUNS_TIMEOUT = Duration.seconds(120)
/** A run known to be completed has its result at once; below our own limit, so that the server ends first. */
const RESULT_WAIT_SECONDS = 10
/** A listing does not wait for anything, so silence means that it is stuck. */
const LISTING_SILENCE = Duration.seconds(60)

/** Of a key, and of what else Parallel was given to keep: for as long as the keys themselves are known. */
const makeRedactors = (others: () => ReadonlyArray<string>) => {
  const redactors = new WeakMap<ApiKey, Redactor>()
  return (key: ApiKey): Redactor => {
    const known = redactors.get(key) ?? redactorOf([Redacted.value(key), ...others()])
    redactors.set(key, known)
    return known
  }
}

/**
 * Parallel over HTTP. Redirects are not followed: the key must go nowhere else. Whatever comes back passes `hide` before
 * anybody reads it: what is stored of a group is public. Where there is a `SecretStore`, what was passed on in secret is
 * hidden like the key.
 */
export const ParallelApiHttp: Layer.Layer<
  ParallelApi,
  never,
  HttpClient.HttpClient | Settings | RequestBudget
> = Layer.effect(
  ParallelApi,
  Effect.gen(function* () {
    const client = HttpClient.withScope(yield* HttpClient.HttpClient)
    const { PARALLEL_BASE_URL, EVENTS_SILENCE_SECONDS } = yield* Settings
    const budget = yield* RequestBudget
    // A group's object has them. Whoever only prepares a group sends none.
    const secrets = yield* Effect.serviceOption(SecretStore)
    const redactorFor = makeRedactors(() =>
      Option.match(secrets, { onNone: () => [], onSome: (store) => secretsIn(store.runSecrets()) }),
    )

    const lost = (error: unknown) =>
      // The cause may hold the request, and with it the key: only its kind goes on.
      new Unavailable({
        message: `Parallel could not be reached (${error instanceof Error ? error.name : "network error"})`,
        status: null,
        timedOut: false,
      })

    const open = Effect.fnUntraced(function* (key: ApiKey, request: HttpClientRequest.HttpClientRequest) {
      budget.note()
      const response = yield* request.pipe(
        HttpClientRequest.prependUrl(PARALLEL_BASE_URL),
        HttpClientRequest.setHeaders({ "x-api-key": Redacted.value(key), "user-agent": USER_AGENT }),
        client.execute,
        Effect.provideService(FetchHttpClient.RequestInit, { redirect: "manual" }),
        Effect.provideService(HttpClient.TracerPropagationEnabled, false),
        Effect.mapError(lost),
      )
      if (response.status >= 200 && response.status < 300) return response
      const body = yield* response.text.pipe(
        Effect.timeoutOrElse({ duration: "10 seconds", orElse: () => Effect.succeed("") }),
        Effect.orElseSucceed(() => ""),
      )
      const now = yield* Clock.currentTimeMillis
      return yield* toParallelError({
        status: response.status,
        body: redactorFor(key).hide(body),
        retryAfter: response.headers["retry-after"],
        now,
      })
    })

    const call = <A>(
      key: ApiKey,
      request: HttpClientRequest.HttpClientRequest,
      read: (text: string) => A | null,
      timeout: Duration.Duration = CALL_TIMEOUT,
    ): Effect.Effect<A, ParallelError> =>
      open(key, request).pipe(
        Effect.flatMap((response) => Effect.mapError(response.text, lost)),
        Effect.flatMap((text) => {
          const value = read(redactorFor(key).hide(text))
          return value === null
            ? Effect.fail(new Malformed({ message: "Parallel's answer does not have the expected shape" }))
            : Effect.succeed(value)
        }),
        Effect.scoped,
        Effect.timeoutOrElse({
          duration: timeout,
          orElse: () =>
            Effect.fail(
              new Unavailable({ message: "Parallel did not answer in time", status: null, timedOut: true }),
            ),
        }),
      )

    /** `silence`: without a byte for so long, the stream just ends. */
    const stream = (key: ApiKey, request: HttpClientRequest.HttpClientRequest, silence?: Duration.Input) =>
      Stream.unwrap(
        Effect.map(open(key, HttpClientRequest.accept(request, "text/event-stream")), (response) =>
          readEvents(response, lost, silence ?? Duration.infinity, redactorFor(key).hide),
        ),
      )

    const post = (path: string, body: JsonText) =>
      HttpClientRequest.post(path).pipe(
        HttpClientRequest.acceptJson,
        // As text, which the platform encodes for itself: bytes of ours would stay until garbage is collected.
        HttpClientRequest.setBody(HttpBody.raw(body, { contentType: "application/json" })),
      )
    const get = (path: string, params: Record<string, string> = {}) =>
      HttpClientRequest.get(path).pipe(HttpClientRequest.acceptJson, HttpClientRequest.setUrlParams(params))

    return ParallelApi.of({
      suggestTaskSpec: (key, { intent, inputSchema }) =>
        call(
          key,
          post(
            `${SUGGEST}/suggest`,
            `{"user_intent":${JSON.stringify(intent)}${inputSchema === null ? "" : `,"previous_task":{"input_schema":${inputSchema},"output_schema":${EMPTY_SCHEMA},"inputs":[],"title":""}`}}`,
          ),
          readSuggestion,
        ).pipe(Effect.retry(again)),
      suggestProcessor: (key, { taskSpec, from }) =>
        call(
          key,
          post(
            `${SUGGEST}/suggest-processor`,
            `{"task_spec":${taskSpec},"choose_processors_from":${JSON.stringify(from)}}`,
          ),
          readProcessors,
        ).pipe(
          Effect.map(({ recommended_processors }) => recommended_processors[0]),
          Effect.retry(again),
        ),
      createTaskGroup: (key, metadata) =>
        // An empty group costs nothing, so that asking twice is safe.
        call(key, post(GROUPS, JSON.stringify({ metadata })), readGroup).pipe(Effect.retry(again)),
      addRuns: (key, groupId, { defaultTaskSpec, inputs }) =>
        call(
          key,
          // The status in the answer is not used, so that the cached one will do (and is faster).
          post(
            `${GROUPS}/${groupId}/runs?refresh_status=false`,
            // Joined once: a template around what was joined would copy all of it.
            [
              `{"default_task_spec":${defaultTaskSpec},"inputs":[`,
              ...inputs.flatMap((input) => [",", input]).slice(1),
              "]}",
            ].join(""),
          ),
          readAddedRuns,
          ADD_RUNS_TIMEOUT,
        ).pipe(
          Effect.flatMap(({ run_ids }) =>
            run_ids.length === inputs.length
              ? Effect.succeed(run_ids.map(readRunId))
              : Effect.fail(
                  new Malformed({ message: `${run_ids.length} run ids for ${inputs.length} inputs` }),
                ),
          ),
        ),
      getTaskGroup: (key, groupId) =>
        call(key, get(`${GROUPS}/${groupId}`), readGroup).pipe(Effect.retry(again)),
      listRuns: (key, groupId, options) =>
        stream(
          key,
          get(`${GROUPS}/${groupId}/runs`, {
            ...(options.status === undefined ? {} : { status: options.status }),
            ...(options.includeInput === true ? { include_input: "true" } : {}),
            ...(options.includeOutput === true ? { include_output: "true" } : {}),
          }),
        ).pipe(
          Stream.timeoutOrElse({
            duration: LISTING_SILENCE,
            orElse: () =>
              Stream.fail(
                new Unavailable({ message: "The listing of runs fell silent", status: null, timedOut: true }),
              ),
          }),
        ),
      events: (key, groupId, cursor) =>
        stream(
          key,
          get(`${GROUPS}/${groupId}/events`, cursor === null ? {} : { last_event_id: cursor }),
          Duration.seconds(EVENTS_SILENCE_SECONDS),
        ),
      getRun: (key, runId) =>
        call(key, get(`${RUNS}/${encodeURIComponent(runId)}`), (text) =>
          readRun(readObject(text) === null ? undefined : compactText(text)),
        ).pipe(Effect.retry(again)),
      getResult: (key, runId) =>
        call(
          key,
          get(`${RUNS}/${encodeURIComponent(runId)}/result`, { timeout: String(RESULT_WAIT_SECONDS) }),
          readResult,
        ),
    })
  }),
)

const EMPTY_SCHEMA = '{"type":"object","properties":{}}'

const readEvents = (
  response: HttpClientResponse.HttpClientResponse,
  lost: (error: unknown) => Unavailable,
  silence: Duration.Input,
  hide: (text: string) => string,
): Stream.Stream<GroupEvent, ParallelError> => {
  const type = hide(response.headers["content-type"] ?? "")
  if (type !== "" && !type.includes("text/event-stream")) {
    const message = `Parallel answered with ${type.slice(0, 64)} instead of an event stream`
    return Stream.fail(new Unavailable({ message, status: response.status, timedOut: false }))
  }
  return Stream.suspend(() => {
    const parser = makeSseParser()
    const read = ({ name, data, id }: SseEvent) =>
      readGroupEvent({ name: hide(name), data: hide(data), id: id === null ? null : hide(id) })
    return response.stream.pipe(
      Stream.mapError(lost),
      // Bytes are life: a stream of comments is a stream that works.
      Stream.timeoutOrElse({ duration: silence, orElse: () => Stream.empty }),
      Stream.decodeText(),
      Stream.map((text) => parser.push(text).map(read)),
      Stream.flattenIterable,
    )
  })
}
