// Made of src/pages/client.ts by `npm run pages`: change that and what it exports, not this.

// src/client/MultitaskError.ts
var MultitaskError = class extends Error {
  name = "MultitaskError";
  /**
   * The answer's status; 0 when no answer came: whether the request was carried out is not known then. A redirect, which
   * is never followed, counts as 302 where the browser hides its status.
   */
  status;
  /** Finds the line in the server's log, or is Parallel's own reference. */
  refId;
  /** Every problem of a request that was refused as wrong. */
  errors;
  /** Seconds after which it may be tried again. */
  retryAfter;
  taskgroupId;
  url;
  /** Of a request that was to change something: under it the same request, sent again within 24 hours, is carried out once. */
  idempotencyKey;
  constructor(failure) {
    super(failure.message, failure.cause === void 0 ? void 0 : { cause: failure.cause });
    this.status = failure.status;
    this.refId = failure.refId;
    this.errors = failure.errors ?? [];
    this.retryAfter = failure.retryAfter;
    this.taskgroupId = failure.taskgroupId;
    this.url = failure.url;
    this.idempotencyKey = failure.idempotencyKey;
  }
};

// src/client/leash.ts
var LISTENERS = /* @__PURE__ */ new WeakMap();
var onAbort = (signal, pull) => {
  let listener = LISTENERS.get(signal);
  if (listener === void 0) {
    const pulls2 = /* @__PURE__ */ new Set();
    listener = { pulls: pulls2, tell: () => pulls2.forEach((each) => each()) };
    LISTENERS.set(signal, listener);
    signal.addEventListener("abort", listener.tell);
  }
  const { pulls, tell } = listener;
  pulls.add(pull);
  return () => {
    if (!pulls.delete(pull) || pulls.size > 0) return;
    signal.removeEventListener("abort", tell);
    LISTENERS.delete(signal);
  };
};
var Leash = class {
  #controller = new AbortController();
  #release;
  /** Rejects, here and in `hold`, with the reason of this signal. */
  constructor(outer) {
    outer?.throwIfAborted();
    this.#release = outer && onAbort(outer, () => this.#controller.abort(outer.reason));
  }
  /** For `fetch`. */
  get signal() {
    return this.#controller.signal;
  }
  /** What is awaited; everything on the leash ends where it does not come within `ms`. */
  hold(awaited, ms) {
    const { signal } = this.#controller;
    return new Promise((resolve, reject) => {
      const silent = () => this.#controller.abort(new Error(`nothing came for ${ms / 1e3} s`));
      const timer = setTimeout(silent, ms);
      const settle = (settled) => {
        clearTimeout(timer);
        signal.removeEventListener("abort", cut);
        settled();
      };
      const cut = () => settle(() => reject(signal.reason));
      signal.addEventListener("abort", cut);
      awaited.then(
        (value) => settle(() => resolve(value)),
        (error) => settle(() => reject(error))
      );
      if (signal.aborted) cut();
    });
  }
  pull(reason) {
    this.#controller.abort(reason);
  }
  /** Ends what is still under way. */
  drop() {
    this.#release?.();
    this.#controller.abort();
  }
};
var LEFT = /* @__PURE__ */ Symbol("left");
var leaving = (outer, make) => {
  const left = new AbortController();
  const items = (async function* () {
    const leash = new Leash(outer);
    const release = onAbort(left.signal, () => leash.pull(LEFT));
    try {
      yield* make(leash.signal);
    } catch (error) {
      if (error !== LEFT) throw error;
    } finally {
      release();
      leash.drop();
    }
  })();
  const leave = items.return.bind(items);
  return Object.assign(items, {
    return: (value) => {
      left.abort();
      return leave(value);
    }
  });
};
var pause = (ms, signal, onWait = () => {
}) => new Promise((resolve, reject) => {
  signal?.throwIfAborted();
  const settle = (settled) => {
    clearTimeout(timer);
    release?.();
    settled();
  };
  const timer = setTimeout(() => settle(resolve), ms);
  const release = signal && onAbort(signal, () => settle(() => reject(signal.reason)));
  onWait(() => settle(resolve));
});
async function* bytesOf(body, leash, ms) {
  const reader = body?.getReader();
  try {
    for (; ; ) {
      const piece = await (reader === void 0 ? void 0 : leash.hold(reader.read(), ms));
      if (piece?.value === void 0) return;
      yield piece.value;
    }
  } finally {
    leash.drop();
    reader?.cancel().catch(() => {
    });
  }
}
async function* textOf(...body) {
  const decoder = new TextDecoder();
  for await (const bytes of bytesOf(...body)) yield decoder.decode(bytes, { stream: true });
}

// src/client/refusal.ts
var MAX_CHARACTERS = 1e6;
var SILENCE_MS = 1e4;
var retryAfterOf = ({ headers }) => {
  const value = headers.get("retry-after")?.trim() ?? "";
  if (/^\d+(?:\.\d+)?$/.test(value)) return Math.ceil(Number(value));
  const at = /^[a-z]/i.test(value) ? Date.parse(value) : NaN;
  return Number.isNaN(at) ? void 0 : Math.max(0, Math.ceil((at - Date.now()) / 1e3));
};
var isRedirect = ({ type, status }) => type === "opaqueredirect" || status >= 300 && status < 400;
var discard = ({ body }, leash) => {
  body?.cancel().catch(() => {
  });
  leash.drop();
};
var refusalOf = async (response, leash) => {
  if (isRedirect(response)) {
    discard(response, leash);
    const to = response.headers.get("location");
    const where = to === null ? "" : ` (to ${to.split(/[?#]/)[0]})`;
    const message2 = `The server redirects${where}, which is not followed. Use the address behind the redirect as the base URL.`;
    return { status: response.status || 302, message: message2 };
  }
  const { status } = response;
  const body = parsed(await wholeText(response, leash));
  const error = field(body, "error");
  const message = field(error, "message");
  return {
    status,
    message: typeof message === "string" && message !== "" ? message : saidNothing(response),
    refId: textField(error, "ref_id"),
    errors: problemsOf(field(field(error, "detail"), "errors")),
    retryAfter: retryAfterOf(response),
    taskgroupId: textField(body, "taskgroup_id"),
    url: textField(body, "url")
  };
};
var saidNothing = ({ status, statusText }) => `The server answered ${status}${statusText === "" ? "" : ` ${statusText}`}, and nothing that says why.`;
var wholeText = async (response, leash) => {
  let text = "";
  try {
    for await (const piece of textOf(response.body, leash, SILENCE_MS)) {
      text += piece;
      if (text.length > MAX_CHARACTERS) break;
    }
  } catch {
  }
  return text;
};
var parsed = (text) => {
  try {
    return JSON.parse(text);
  } catch {
    return void 0;
  }
};
var field = (value, name) => typeof value === "object" && value !== null ? value[name] : void 0;
var textField = (value, name) => {
  const text = field(value, name);
  return typeof text === "string" ? text : void 0;
};
var problemsOf = (errors) => (Array.isArray(errors) ? errors : []).flatMap((error) => {
  const message = typeof error === "string" ? error : textField(error, "message");
  return message === void 0 ? [] : [{ path: textField(error, "path") ?? "", message }];
});

// src/client/withoutKey.ts
var SHORTEST_KEY = 8;
var DEEPEST_CAUSE = 5;
var withoutKey = (failure, apiKey) => {
  if (apiKey === void 0 || apiKey.length < SHORTEST_KEY) return failure;
  const clean = (text) => text.replaceAll(apiKey, "[key]");
  const cleaned = (text) => text && clean(text);
  const { message, errors, refId, taskgroupId, url, cause } = failure;
  return {
    ...failure,
    message: clean(message),
    errors: errors?.map((problem) => ({ path: clean(problem.path), message: clean(problem.message) })),
    refId: cleaned(refId),
    taskgroupId: cleaned(taskgroupId),
    url: cleaned(url),
    cause: causeWithout(cause, clean, DEEPEST_CAUSE)
  };
};
var causeWithout = (cause, clean, depth) => {
  if (cause === void 0 || depth === 0) return void 0;
  if (!(cause instanceof Error)) return clean(String(cause));
  const { name, message, stack, code } = cause;
  const inner = causeWithout(cause.cause, clean, depth - 1);
  const copy = new Error(clean(message), inner === void 0 ? void 0 : { cause: inner });
  copy.name = clean(name);
  copy.stack = clean(stack ?? "");
  return typeof code === "string" ? Object.assign(copy, { code: clean(code) }) : copy;
};

// src/client/request.ts
var PATIENCE_MS = 45e3;
var LONGEST_WAIT_MS = 8e3;
var SILENCE_MS2 = 3e4;
var ACT_MS = 75e3;
var SLOWEST_BYTES_PER_MS = 16;
var HERE_ONLY = { redirect: "manual", credentials: "same-origin" };
var askJson = (connection, asked) => persistently(connection, asked, async (response, leash) => {
  const type = response.headers.get("content-type") ?? "";
  if (!/\bjson\b/i.test(type)) {
    discard(response, leash);
    const message = `The server answered ${type || "something"} where JSON was asked for. Check that the base URL is that of Parallel Multitask.`;
    return { failure: { status: response.status, message } };
  }
  let text = "";
  for await (const piece of textOf(response.body, leash, SILENCE_MS2)) text += piece;
  return { answer: JSON.parse(text) };
});
var prepared = ({ baseUrl, apiKey = "" }, asked) => {
  const { method = "GET", path, query = {}, body, accept = "application/json", signal } = asked;
  if (!path.startsWith("/")) throw new TypeError(`A path begins with a slash: ${JSON.stringify(path)}`);
  const url = new URL(baseUrl + path);
  for (const [name, value] of Object.entries(query)) {
    if (value !== void 0) url.searchParams.set(name, String(value));
  }
  const headers = new Headers({ accept });
  if (body !== void 0) headers.set("content-type", "application/json");
  const isRead = method === "GET";
  const idempotencyKey = isRead ? void 0 : asked.idempotencyKey ?? randomKey();
  if (idempotencyKey !== void 0) headers.set("idempotency-key", idempotencyKey);
  if (!isRead && apiKey !== "") {
    if (!/^[\x21-\x7e]+$/.test(apiKey)) {
      const message = "An API key is visible ASCII, without blanks: this one is none, perhaps by a line end that was copied along. Nothing was sent.";
      throw new MultitaskError({ status: 401, message });
    }
    headers.set("x-api-key", apiKey);
  }
  return {
    url: url.href,
    init: { method, headers, ...HERE_ONLY, ...body === void 0 ? {} : { body } },
    signal,
    silenceMs: isRead ? SILENCE_MS2 : ACT_MS + (body ?? "").length / SLOWEST_BYTES_PER_MS,
    idempotencyKey
  };
};
var randomKey = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join(
  ""
);
var persistently = async (connection, asked, take) => {
  const request = prepared(connection, asked);
  const { signal } = request;
  const started = performance.now();
  let wasLost = false;
  for (let attempt = 0; ; attempt++) {
    const outcome = await once(connection, request, take);
    if ("answer" in outcome) return outcome.answer;
    signal?.throwIfAborted();
    const { failure } = outcome;
    wasLost ||= failure.status === 0;
    const left = PATIENCE_MS - (performance.now() - started);
    const told = (failure.retryAfter ?? 0) * 1e3;
    if (left <= 0 || told > left || !isPassing(failure)) {
      const message = failure.message + (wasLost && !isClear(failure) ? doubtOf(request) : "");
      throw new MultitaskError(withoutKey({ ...failure, message }, connection.apiKey));
    }
    const grown = Math.min(LONGEST_WAIT_MS, 500 * 2 ** attempt) * (0.5 + Math.random() / 2);
    await pause(Math.min(left, Math.max(grown, told * (1 + Math.random() / 4))), signal);
  }
};
var isPassing = ({ status, retryAfter }) => status === 0 || status === 429 || status >= 502 && status <= 504 || status === 409 && retryAfter !== void 0;
var isClear = ({ status }) => status >= 400 && status < 500 && ![408, 409, 429].includes(status);
var once = async ({ fetch }, { url, init, signal, silenceMs, idempotencyKey }, take) => {
  const leash = new Leash(signal);
  try {
    const response = await leash.hold(fetch(url, { ...init, signal: leash.signal }), silenceMs);
    const outcome = response.ok ? await take(response, leash) : { failure: await refusalOf(response, leash) };
    return "answer" in outcome ? outcome : { failure: { ...outcome.failure, idempotencyKey } };
  } catch (error) {
    leash.drop();
    const said = `No whole answer came from ${new URL(url).host} (${reasonOf(error)}).`;
    return { failure: { status: 0, message: said, idempotencyKey, cause: error } };
  }
};
var DOUBT = " Whether the request was carried out is not known";
var doubtOf = ({ idempotencyKey }) => idempotencyKey === void 0 ? "" : `${DOUBT}: within 24 hours it may be sent again under the same idempotency key (${idempotencyKey}), which carries it out once.`;
var reasonOf = (error) => {
  if (!(error instanceof Error)) return String(error);
  if (!(error.cause instanceof Error)) return error.message;
  const { message, code } = error.cause;
  return `${error.message}: ${message || String(code)}`;
};

// src/client/sse.ts
var LINE_END = /\r\n?|\n/g;
var sseParser = (emit) => {
  let rest = "";
  let isFirst = true;
  let afterReturn = false;
  let event = "";
  let data = [];
  let id = null;
  const take = (line) => {
    if (line === "") {
      if (data.length > 0) emit({ event: event || "message", data: data.join("\n"), id });
      event = "";
      data = [];
      return;
    }
    const colon = line.indexOf(":");
    if (colon === 0) return;
    const field2 = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
    if (field2 === "data") data.push(value);
    else if (field2 === "event") event = value;
    else if (field2 === "id" && !value.includes("\0")) id = value;
  };
  return (text) => {
    if (text === "") return;
    let from = afterReturn && text.startsWith("\n") || isFirst && text.startsWith("\uFEFF") ? 1 : 0;
    isFirst = false;
    afterReturn = text.endsWith("\r");
    LINE_END.lastIndex = from;
    for (let end = LINE_END.exec(text); end !== null; end = LINE_END.exec(text)) {
      const { lastIndex } = LINE_END;
      const line = rest + text.slice(from, end.index);
      rest = "";
      from = lastIndex;
      take(line);
      LINE_END.lastIndex = lastIndex;
    }
    rest += text.slice(from);
  };
};

// src/client/events.ts
var SILENCE_MS3 = 45e3;
var LONGEST_WAIT_MS2 = 1e4;
var LONGEST_TOLD_MS = 6e4;
var streamEvents = (options) => leaving(options.signal, (signal) => follow({ ...options, signal }));
async function* follow(options) {
  const { signal, onState = () => {
  }, onWait } = options;
  let lastId = options.lastEventId ?? null;
  let hasStood = false;
  let attempt = 0;
  signal?.throwIfAborted();
  onState({ kind: "connecting" });
  for (; ; ) {
    const before = lastId;
    let stoodAt = Infinity;
    const connection = connect(options, lastId);
    let step = await connection.next();
    try {
      for (; step.done !== true; step = await connection.next()) {
        if (step.value === STANDS) {
          hasStood = true;
          stoodAt = performance.now();
          onState({ kind: "live" });
          continue;
        }
        const { event, id } = step.value;
        if (id !== null && id !== "") lastId = id;
        yield step.value;
        if (event === "done") return;
        signal?.throwIfAborted();
      }
    } finally {
      await connection.return(BROKEN);
    }
    const end = step.value;
    if (end.kind === "ended") return;
    if (end.kind === "refused" && (!hasStood || end.error.status >= 400)) throw end.error;
    const wasGood = lastId !== before || performance.now() - stoodAt > LONGEST_WAIT_MS2;
    attempt = wasGood ? 1 : attempt + 1;
    const state = waitAfter(end, attempt);
    onState(state);
    await pause(state.waitMs, signal, onWait);
  }
}
var waitAfter = (end, attempt) => {
  if (end.kind === "busy") {
    const waitMs2 = Math.min(end.retryAfter * 1e3, LONGEST_TOLD_MS) * (1 + Math.random() / 2);
    return { kind: end.kind, attempt, waitMs: waitMs2 };
  }
  const waitMs = Math.min(LONGEST_WAIT_MS2, 400 * 2 ** Math.min(attempt, 6)) * (0.5 + Math.random() / 2);
  return { kind: "interrupted", attempt, waitMs };
};
var BROKEN = { kind: "broken" };
var STANDS = "stands";
async function* connect({ url, fetch, signal }, lastId) {
  const target = new URL(url);
  if (lastId !== null) target.searchParams.set("last_event_id", lastId);
  const leash = new Leash(signal);
  try {
    const init = {
      headers: { accept: "text/event-stream" },
      signal: leash.signal,
      ...HERE_ONLY
    };
    const response = await leash.hold(fetch(target.href, init), SILENCE_MS3);
    if (response.status === 204) return { kind: "ended" };
    if (isFinal(response)) {
      return { kind: "refused", error: new MultitaskError(await refusalOf(response, leash)) };
    }
    const type = response.headers.get("content-type") ?? "";
    if (!response.ok || !/^text\/event-stream\b/i.test(type)) {
      discard(response, leash);
      const retryAfter = retryAfterOf(response) ?? 0;
      return retryAfter > 0 ? { kind: "busy", retryAfter } : BROKEN;
    }
    yield STANDS;
    const events = [];
    const push = sseParser((event) => events.push(event));
    for await (const text of textOf(response.body, leash, SILENCE_MS3)) {
      push(text);
      yield* events.splice(0);
    }
  } catch {
    signal?.throwIfAborted();
  } finally {
    leash.drop();
  }
  return BROKEN;
}
var isFinal = (response) => isRedirect(response) || response.status >= 400 && response.status < 500 && response.status !== 429;
export {
  DOUBT,
  MultitaskError,
  askJson,
  isClear,
  randomKey,
  streamEvents
};
