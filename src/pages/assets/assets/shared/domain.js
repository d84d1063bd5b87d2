// Made of src/pages/browser.ts by `npm run pages`: change that and what it exports, not this.

// src/domain/Constants.ts
var CONSTANTS = {
  /** Characters of the task spec. Parallel's own limit. */
  MAX_TASK_SPEC_CHARS: 15e3,
  /** Characters of the task spec plus one input. Parallel's own limit. */
  MAX_SPEC_PLUS_INPUT_CHARS: 25e3,
  /** Objects and arrays inside each other: deeper is no table, and recursive code downstream has to take it. */
  MAX_DEPTH: 64,
  /** Values in one body: what costs time to look at, however few characters each of them has. */
  MAX_VALUES: 2e6,
  /** Runs added with one request. Parallel's own limit. */
  BATCH_SIZE: 1e3,
  /** Characters of inputs added with one request: what is in memory several times over while it is sent. */
  BATCH_CHARS: 4194304,
  /** Fetching inputs, both suggestions and creating the group, together: less than callers' own time limits. */
  PREPARE_SECONDS: 30,
  /** One attempt at fetching an inputs URL: leaves time for a second one, and for the suggestions. */
  INPUTS_TIMEOUT_SECONDS: 10,
  /** How long the POST waits for the runs to be accepted; the object goes on without it. */
  SUBMIT_WAIT_SECONDS: 20,
  /** Until an object whose group was never committed removes itself: longer than any POST takes to commit. */
  UNCOMMITTED_MINUTES: 10,
  /** How long an `Idempotency-Key` is remembered: retries of a day's job find it. */
  IDEMPOTENCY_HOURS: 24,
  /** What a message to the MCP server may hold: a model writes less, and longer lists go by URL. */
  MCP_BODY_BYTES: 4194304,
  /** Chat clients give a tool about half a minute: it has answered by then, and has prepared a group before. */
  MCP_ANSWER_SECONDS: 24,
  MCP_PREPARE_SECONDS: 18,
  /** How long a repeated call waits for the first. */
  MCP_REPEAT_SECONDS: 20,
  /** How long after its beginning a repeated call may still do what the first has failed to do. */
  MCP_START_SECONDS: 5,
  /** What a tool tells of results in one answer, in characters. */
  MCP_RESULT_CHARS: 4e4,
  /** How long a POST waits for an earlier one with the same `Idempotency-Key` before it answers 409. */
  IDEMPOTENCY_WAIT_SECONDS: 5,
  /** Who gets the key later than that, from a request that has failed, has not the time left to do it. */
  IDEMPOTENCY_START_SECONDS: 60,
  /** Exchange of a code for a key at Parallel's login: a person waits for it. */
  LOGIN_TIMEOUT_SECONDS: 15,
  /** First wait after Parallel reported too little credit; doubles. Somebody has to pay meanwhile. */
  CREDIT_RETRY_MIN_SECONDS: 300,
  /** Longest wait for credit between two attempts. */
  CREDIT_RETRY_MAX_SECONDS: 3600,
  /** How long rows wait for credit before they are left unsent, in time in which Parallel answers. */
  CREDIT_WAIT_HOURS: 24,
  /** First wait before what an edge refused is tried in halves; doubles. The object rests meanwhile. */
  EDGE_RETRY_MIN_SECONDS: 30,
  /** Longest wait between two such rounds: there may be many bad rows. */
  EDGE_RETRY_MAX_SECONDS: 600,
  /** How long Parallel must keep refusing the key or the group: an incident there must not end every group. */
  REFUSED_HOURS: 6,
  /** First wait after Parallel refused the key or the group; doubles. A key that was just made takes a moment. */
  REFUSED_RETRY_MIN_SECONDS: 5,
  /** Longest wait between two attempts at what Parallel refuses: how late a group learns that it may. */
  REFUSED_RETRY_MAX_SECONDS: 1800,
  /** One connection to Parallel's events: below the 15 minutes for which the platform keeps an object in memory. */
  EVENTS_SESSION_SECONDS: 600,
  /** Silence after which the connection to Parallel's events is opened again: several of its own signs of life. */
  EVENTS_SILENCE_SECONDS: 120,
  /** Shortest time between two connections to Parallel's events. */
  RECONNECT_MIN_SECONDS: 1,
  /** Longest wait before connecting to Parallel's events again: how late a group learns that an outage is over. */
  RECONNECT_MAX_SECONDS: 60,
  /** Quiet time after which the group's counts are asked for: events may be lost. */
  POLL_MIN_SECONDS: 10,
  /** That interval, grown while nothing changes. */
  POLL_MAX_SECONDS: 60,
  /** Between two listings of the runs when nothing calls for one. */
  RECONCILE_SECONDS: 600,
  /** Outputs that may be fetched without RESULTS_PER_SECOND, once; comes back at that rate while less is fetched. */
  RESULTS_BURST: 600,
  /** Outputs fetched at once: the platform lets an invocation wait for six answers. */
  RESULT_CONCURRENCY: 6,
  /** How long a completed run may lack its output before it counts as never coming. */
  OUTPUT_WAIT_HOURS: 24,
  /** Without any change: hold no stream open any more, so that the object can sleep between two checks. */
  IDLE_HOURS: 24,
  /** Between two checks of an idle group. */
  IDLE_CHECK_SECONDS: 3600,
  /** Without any change: stop following for good. */
  ABANDON_DAYS: 30,
  /** Alarm that brings the follower back after an eviction or a crash: the longest that a group stands still then. */
  WATCHDOG_SECONDS: 60,
  /** Between two comment lines of an idle viewer stream: proxies close what is silent for 30 s or more. */
  HEARTBEAT_SECONDS: 15,
  /** How long a question how far a group is may wait for news: less than callers' own time limits. */
  PROGRESS_WAIT_SECONDS: 25,
  /** Silence after which a viewer's stream is connected to the object again: three heartbeats. */
  VIEWER_SILENCE_SECONDS: 45,
  /** First wait after a failed webhook; doubles. */
  WEBHOOK_RETRY_MIN_SECONDS: 5,
  /** Longest wait between two webhook attempts. */
  WEBHOOK_RETRY_MAX_SECONDS: 3600,
  /** A request's body without a byte for this long is given up: longer than a phone's connection takes to come back. */
  BODY_IDLE_SECONDS: 15,
  /** All of a body: 16 MiB at half a megabit a second. */
  BODY_SECONDS: 300,
  /** Viewers' streams of one group at once: each takes memory of the object, of which there are 128 MB. */
  MAX_VIEWERS: 1e3,
  /** Answers of one group being read at once, each a page of rows in memory. */
  MAX_READS: 100,
  /** An answer of which nothing has been taken for this long is broken off: others wait for its place. */
  READ_STALL_SECONDS: 60,
  /** The period of the rate limits in wrangler.toml: when who is over one may come back. */
  RATE_PERIOD_SECONDS: 60,
  /** Rows one SQL query may return: one for each input of the largest group. */
  STUDIO_MAX_ROWS: 5e4,
  /** Characters one SQL query may return: it is in memory as a whole. */
  STUDIO_MAX_CHARS: 8388608,
  /** Time one SQL query may take by its bound, which is mostly several times what it takes: nothing can stop it. */
  STUDIO_MAX_WORK_MS: 1500,
  /** Bytes one SQL query may have to sort or keep, by its bound. */
  STUDIO_MAX_KEPT_BYTES: 128e6,
  /** Time that SQL is given in each second, by the same bounds; what is not used is saved up to the second figure. */
  STUDIO_WORK_PER_SECOND_MS: 100,
  STUDIO_WORK_SAVED_MS: 1e4,
  /** Characters of JSON put into the result page: shown without waiting; the rest comes over the page's stream. */
  PAGE_DATA_CHARS: 2097152,
  /** Characters of the largest answer of `getData()`, which is in memory as a whole. */
  GET_DATA_CHARS: 8388608
};

// src/domain/RunStatus.ts
var TERMINAL = /* @__PURE__ */ new Set(["completed", "failed", "cancelled"]);
var isTerminal = (status) => TERMINAL.has(status);

// src/domain/Counts.ts
var totalEnded = (counts) => Object.entries(counts).reduce((sum, [status, count]) => sum + (isTerminal(status) ? count : 0), 0);

// src/domain/Columns.ts
var MAX_COLUMNS = 1e3;
var REASON = `a table has room for ${MAX_COLUMNS} of them, if their names are not too long. JSON and JSON Lines have them all.`;
var makeSpelling = (given, taken, keyOf = (name) => name) => {
  const reserved = new Set(given.map(keyOf));
  const used = new Set(taken);
  return (name) => {
    let spelling = name;
    for (let n = 2; used.has(keyOf(spelling)); n++) {
      const next = `${name}_${n}`;
      if (!reserved.has(keyOf(next))) spelling = next;
    }
    used.add(keyOf(spelling));
    return spelling;
  };
};

// src/domain/JsonText.ts
var QUOTE = 34;
var COMMA = 44;
var COLON = 58;
var BACKSLASH = 92;
var OBJECT = 123;
var END_OF_OBJECT = 125;
var END_OF_ARRAY = 93;
var isOpening = (char) => char === 123 || char === 91;
var isClosing = (char) => char === 125 || char === 93;
var isBlank = (char) => char === 32 || char === 10 || char === 13 || char === 9;
var endOfString = (json, at) => {
  for (let quote = json.indexOf('"', at + 1); quote >= 0; quote = json.indexOf('"', quote + 1)) {
    let before = quote;
    while (json.charCodeAt(before - 1) === BACKSLASH) before--;
    if ((quote - before) % 2 === 0) return quote + 1;
  }
  return json.length;
};
var endOfValue = (json, at) => {
  const first = json.charCodeAt(at);
  if (first === QUOTE) return endOfString(json, at);
  if (isOpening(first)) return endOfNested(json, at);
  let next = at + 1;
  for (; next < json.length; next++) {
    const char = json.charCodeAt(next);
    if (char === COMMA || isClosing(char)) break;
  }
  return next;
};
var endOfNested = (json, at) => {
  let depth = 0;
  let next = at;
  do {
    const char = json.charCodeAt(next);
    if (char === QUOTE) next = endOfString(json, next);
    else {
      if (isOpening(char)) depth++;
      else if (isClosing(char)) depth--;
      next++;
    }
  } while (depth > 0 && next < json.length);
  return next;
};
var compactText = (json) => {
  let compact = "";
  let from = 0;
  for (let at = 0; at < json.length; ) {
    const char = json.charCodeAt(at);
    if (char === QUOTE) at = endOfString(json, at);
    else if (isBlank(char)) {
      compact += json.slice(from, at);
      while (isBlank(json.charCodeAt(++at))) ;
      from = at;
    } else at++;
  }
  return from === 0 ? json : compact + json.slice(from);
};
var decode = (string) => string.includes("\\") ? JSON.parse(string) : string.slice(1, -1);
var membersOf = (object) => {
  const members = [];
  for (let at = 1; at < object.length - 1; ) {
    const colon = endOfString(object, at);
    const end = endOfValue(object, colon + 1);
    const key = object.slice(at, colon);
    members.push({ name: decode(key), key, value: object.slice(colon + 1, end) });
    at = end + 1;
  }
  return members;
};
var elementsOf = (array) => {
  const elements = [];
  for (let at = 1; at < array.length - 1; ) {
    const end = endOfValue(array, at);
    elements.push(array.slice(at, end));
    at = end + 1;
  }
  return elements;
};
var TextReader = class {
  at = 0;
  json;
  /** Names of the last object, with their quotes and colon: the next one has the same as a rule. */
  shape = [];
  constructor(json) {
    this.json = json;
  }
  /** Over an opening bracket or a comma. */
  skip() {
    this.at++;
  }
  value() {
    const from = this.at;
    this.at = endOfValue(this.json, from);
    return this.json.slice(from, this.at);
  }
  elements(element) {
    const elements = [];
    this.at++;
    while (this.json.charCodeAt(this.at) !== END_OF_ARRAY) {
      if (elements.length > 0) this.at++;
      elements.push(element());
    }
    this.at++;
    return elements;
  }
  isAtObject() {
    return this.json.charCodeAt(this.at) === OBJECT;
  }
  /** An object's fields by name: each at the place where its name came first, with the value that came last. */
  fields() {
    const { json, shape } = this;
    const fields = /* @__PURE__ */ new Map();
    if (json.charCodeAt(this.at + 1) === END_OF_OBJECT) this.at++;
    for (let member = 0; json.charCodeAt(this.at) !== END_OF_OBJECT; member++) {
      const from = this.at + 1;
      let expected = shape[member];
      if (expected === void 0 || !json.startsWith(expected.key, from)) {
        const key = json.slice(from, endOfString(json, from) + 1);
        shape[member] = expected = { key, name: decode(key.slice(0, -1)) };
      }
      const value = from + expected.key.length;
      this.at = endOfValue(json, value);
      fields.set(expected.name, json.slice(value, this.at));
    }
    this.at++;
    return fields;
  }
};
var fieldsOf = (object) => new TextReader(object).fields();
var describeKind = (kind) => {
  switch (kind) {
    case "null":
      return "null";
    case "string":
      return "text";
    case "object":
    case "array":
      return `an ${kind}`;
    default:
      return `a ${kind}`;
  }
};
var kindOf = (json) => {
  switch (json[0]) {
    case "{":
      return "object";
    case "[":
      return "array";
    case '"':
      return "string";
    case "t":
    case "f":
      return "boolean";
    case "n":
      return "null";
    default:
      return "number";
  }
};
var shownText = (json) => json.startsWith('"') ? decode(json).toWellFormed() : json === "null" ? "" : json;
var readableText = (json, indent = 0) => {
  if (indent === 0 && !json.includes("\\")) return json;
  let text = "";
  let depth = 0;
  const line = () => indent === 0 ? "" : `
${" ".repeat(indent * depth)}`;
  for (let at = 0, from = 0; at < json.length; from = at) {
    const char = json.charCodeAt(at);
    at = char === QUOTE ? endOfString(json, at) : at + 1;
    const token = json.slice(from, at);
    if (char === QUOTE) text += token.includes("\\") ? JSON.stringify(decode(token)) : token;
    else if (char === COMMA) text += token + line();
    else if (char === COLON) text += indent === 0 ? token : `${token} `;
    else if (isOpening(char)) {
      if (isClosing(json.charCodeAt(at))) text += json.slice(from, ++at);
      else {
        depth++;
        text += token + line();
      }
    } else if (isClosing(char)) {
      depth--;
      text += line() + token;
    } else text += token;
  }
  return text;
};
var RAW = /[\x7f-\x9f\u2028\u2029]/g;
var SOME_RAW = new RegExp(RAW.source);
var escapeRaw = (json) => json.replace(RAW, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);

// src/domain/PlainText.ts
var CONTROLS = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/g;
var withoutControls = (text) => text.toWellFormed().replace(CONTROLS, "�");
var cellText = (json) => json.startsWith('"') ? withoutControls(shownText(json)) : escapeRaw(shownText(json));
var BIDI = /[\u202a-\u202e\u2066-\u2069]/g;
var SOME_BIDI = new RegExp(BIDI.source);
var POP_EMBEDDING = "‬";
var POP_ISOLATE = "⁩";
var closerOf = (opener) => opener < "⁦" ? POP_EMBEDDING : POP_ISOLATE;
var withoutOpenBidi = (text) => {
  if (!SOME_BIDI.test(text)) return text;
  const open = [];
  for (const [mark] of text.matchAll(BIDI)) {
    if (mark !== POP_EMBEDDING && mark !== POP_ISOLATE) open.push(closerOf(mark));
    else if (open.pop() !== mark) return text.replace(BIDI, "�");
  }
  return open.length === 0 ? text : text.replace(BIDI, "�");
};

// src/domain/Csv.ts
var FORMULA = /^'*[\s\p{C}\p{M}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]*[=+\-@＝＋－＠﹢﹣﹦﹫]/u;
var LEADING_BREAK = /^'*[\t\r\n]/;
var NEGATIVE_NUMBER = /^-\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
var inert = (text) => (FORMULA.test(text) || LEADING_BREAK.test(text)) && !NEGATIVE_NUMBER.test(text) ? `'${text}` : text;
var uninert = (text) => text.startsWith("'") && inert(text.slice(1)) === text ? text.slice(1) : text;
var NEEDS_QUOTES = /[",;\t\r\n]|^\s|\s$/;
var quoted = (text) => NEEDS_QUOTES.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
var PLAIN = /^[A-Za-z0-9](?:[^",;\0-\x1f\x7f-\x9f\ud800-\udfff]*[^",;\s\0-\x1f\x7f-\x9f\ud800-\udfff])?$/;
var csvText = (text) => PLAIN.test(text) ? text : quoted(inert(withoutControls(text)));
var csvCell = (json) => json.startsWith('"') ? csvText(shownText(json)) : quoted(cellText(json));
var csvRecord = (cells, separator = ",") => {
  const line = cells.join(separator);
  return line === "" ? '""\r\n' : `${line}\r
`;
};
var OWN_COLUMNS = ["$id", "$status", "$error"];
var csvColumns = (given) => {
  const fields = given.filter((name) => !OWN_COLUMNS.includes(name));
  const names = fields.map(withoutControls);
  return { fields, header: ["$id", "$status", ...names.map(makeSpelling(names, OWN_COLUMNS)), "$error"] };
};

// src/domain/Problem.ts
var MAX_LISTED_PROBLEMS = 100;
var Problems = class {
  first = [];
  count = 0;
  add(path, message) {
    this.count++;
    if (!this.isFull) this.first.push({ path, message });
  }
  /** `more` problems that nobody will read: the list is full, or so many of a kind are enough. */
  addUnlisted(more) {
    this.count += more;
  }
  get isFull() {
    return this.first.length >= MAX_LISTED_PROBLEMS;
  }
  addAll(problems) {
    for (const { path, message } of problems) this.add(path, message);
  }
  join({ first, count }) {
    this.addAll(first);
    this.addUnlisted(count - first.length);
  }
  /** What is told of them: one more, at `path`, says how many are not listed. */
  list(path) {
    return withHidden(this.first, this.count - this.first.length, path);
  }
};
var withHidden = (listed2, hidden, path) => {
  if (hidden <= 0) return listed2;
  const more = hidden === 1 ? "1 more problem, which is" : `${hidden} more problems, which are`;
  const message = `has ${more} not listed here. Fix the listed ones and send the request again.`;
  return [...listed2, { path, message }];
};
var shorten = (text, max = 60) => text.length <= max ? text : `${text.slice(0, max)}…`.toWellFormed();
var childPath = (base, key) => {
  if (typeof key === "number") return `${base}[${key}]`;
  const name = shorten(key);
  if (!/^[A-Za-z_$][\w$-]*$/.test(key)) return `${base}[${JSON.stringify(name)}]`;
  return base === "" ? name : `${base}.${name}`;
};

// src/domain/Json.ts
var escapeHtml = (text) => text.replace(/[&<>"']/g, (char) => {
  switch (char) {
    case "&":
      return "&amp;";
    case "<":
      return "&lt;";
    case ">":
      return "&gt;";
    case '"':
      return "&quot;";
    default:
      return "&#39;";
  }
});

// src/domain/DelimitedHeader.ts
var SEPARATOR_LINE = /^sep=([,;\t])(?:\r\n|\r|\n)/i;
var guessDelimiter = (text, isAll) => {
  const counts = { ",": 0, ";": 0, "	": 0 };
  const start = text.search(/[^\r\n ]/);
  if (start < 0) return isAll ? best(counts) : null;
  let isQuoted = false;
  let isStart = true;
  let closedAt = -1;
  for (let at = start; at < text.length; at++) {
    const char = text[at];
    if (isQuoted) {
      if (char !== '"') continue;
      isQuoted = false;
      closedAt = at;
    } else if (char === '"' && (isStart || closedAt === at - 1)) isQuoted = true;
    else if (char === "\r" || char === "\n") return best(counts);
    else {
      isStart = char === "," || char === ";" || char === "	";
      if (isStart) counts[char]++;
      continue;
    }
    isStart = false;
  }
  return isAll ? best(counts) : null;
};
var best = (counts) => counts["	"] > 0 ? "	" : counts[";"] > counts[","] ? ";" : ",";
var OUR_COLUMNS = /* @__PURE__ */ new Set(["$id", "$status", "$error", "$basis"]);
var nameFor = (at, taken) => {
  let name = `column_${at + 1}`;
  while (taken.has(name)) name += "_";
  taken.add(name);
  return name;
};
var readHeader = (cells) => {
  const isOurs = cells.includes("$id") && cells.includes("$status");
  const read = isOurs ? uninert : (cell) => cell;
  const names = cells.map(read);
  const seen = /* @__PURE__ */ new Set();
  const repeated = /* @__PURE__ */ new Set();
  for (const name of names) {
    if (name !== "" && seen.has(name)) repeated.add(name);
    seen.add(name);
  }
  const columns = names.map((given, at) => {
    const name = given === "" ? nameFor(at, seen) : given;
    const lead = isOurs && OUR_COLUMNS.has(name) ? null : `${JSON.stringify(name)}:`;
    return { name, lead, isNameless: given === "" };
  });
  return { columns, read, repeated: [...repeated] };
};

// src/domain/JsonNumber.ts
var decimalOf = (json) => {
  const [, minus, whole = "", fraction = "", exponent = "0"] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(json) ?? [];
  const digits = (whole + fraction).replace(/^0+/, "");
  const sign = digits === "" ? 0 : minus === "-" ? -1 : 1;
  return { sign, digits, point: Number(exponent) + digits.length - fraction.length };
};
var compareNumbers = (a, b) => {
  if (a === b) return 0;
  const [x, y] = [Number(a), Number(b)];
  if (x !== y) return x < y ? -1 : 1;
  const [one, other] = [decimalOf(a), decimalOf(b)];
  if (one.sign !== other.sign) return one.sign - other.sign;
  if (one.point !== other.point) return one.sign * (one.point - other.point);
  const length = Math.max(one.digits.length, other.digits.length);
  const [left, right] = [one.digits.padEnd(length, "0"), other.digits.padEnd(length, "0")];
  return left === right ? 0 : left < right ? -one.sign : one.sign;
};

// src/domain/jsonCharacters.ts
var QUOTE2 = 34;
var BACKSLASH2 = 92;
var NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
var isBlank2 = (char) => char === 32 || char === 10 || char === 13 || char === 9;
var endsScalar = (char) => char === 44 || char === 93 || char === 125 || char === QUOTE2 || char === 58 || isBlank2(char);
var SPACE = /\s/;
var isSpace = (char) => char === 32 || char >= 9 && char <= 13 || char >= 160 && SPACE.test(String.fromCharCode(char));
var isHigh = (unit) => unit >= 55296 && unit <= 56319;
var isLow = (unit) => unit >= 56320 && unit <= 57343;
var kindOfScalar = (char) => {
  if (char === 116 || char === 102) return "boolean";
  if (char === 110) return "null";
  return char === 45 || char >= 48 && char <= 57 ? "number" : null;
};
var hexOf = (char) => {
  if (char >= 48 && char <= 57) return char - 48;
  const letter = char | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
};
var ESCAPES = new Map(
  Object.entries({ '"': '"', "\\": "\\", "/": "/", b: "\b", f: "\f", n: "\n", r: "\r", t: "	" }).map(
    ([char, means]) => [char.charCodeAt(0), means.charCodeAt(0)]
  )
);

// src/domain/JsonPlace.ts
var JsonPlace = class {
  /** Open containers. */
  depth = 0;
  root;
  /** JSON Lines: the texts are told apart by their index. */
  many;
  arrays = [false];
  indexes = [0];
  keys = [""];
  names = [];
  constructor(root, many) {
    this.root = root;
    this.many = many;
  }
  /** Whether the innermost container is an array. */
  get inArray() {
    return this.arrays[this.depth];
  }
  /** Name of the member that is being read; null in an array and outside of everything. */
  get name() {
    return this.depth === 0 || this.inArray ? null : this.keys[this.depth];
  }
  /** How many elements, or texts of JSON Lines (depth 0), have come before the present one. */
  indexAt(depth) {
    return this.indexes[depth];
  }
  open(isArray) {
    const depth = ++this.depth;
    this.arrays[depth] = isArray;
    this.indexes[depth] = 0;
    const names = this.names[depth] ??= { count: 0, first: "", set: /* @__PURE__ */ new Set() };
    if (names.count > 1) names.set.clear();
    names.count = 0;
  }
  close() {
    this.depth--;
  }
  /** On to the next element. */
  next() {
    this.indexes[this.depth]++;
  }
  enter(name) {
    this.keys[this.depth] = name;
  }
  /** Whether the object has had this name before; it has it from now on. */
  hasHad(name) {
    const names = this.names[this.depth];
    const had = names.count === 1 ? names.first === name : names.count > 1 && names.set.has(name);
    if (names.count === 0) names.first = name;
    else {
      if (names.count === 1) names.set.add(names.first);
      names.set.add(name);
    }
    names.count++;
    return had;
  }
  /** Names and indexes of the first containers around. */
  path(to = this.depth) {
    let path = this.many ? childPath(this.root, this.indexes[0]) : this.root;
    for (let depth = 1; depth <= Math.min(to, 20); depth++)
      path = childPath(path, this.arrays[depth] === true ? this.indexes[depth] : this.keys[depth]);
    return path;
  }
};

// src/domain/JsonSink.ts
var NOTHING = 0;
var PARTS = -1;

// src/domain/JsonString.ts
var JsonString = class {
  /** Nothing but white space so far. */
  blank = true;
  /** In the middle of an escape, which begins at `escapeAt` of the present piece. */
  escaped = false;
  escapeAt = 0;
  hexLeft = 0;
  unit = 0;
  pendingHigh = false;
  /** Told of each surrogate without its partner. */
  half;
  constructor(half) {
    this.half = half;
  }
  begin() {
    this.blank = true;
    this.pendingHigh = false;
  }
  /** Where the quote stands that ends it, or the piece's end. `~at`: what stands there can be in no string. */
  read(piece, start) {
    let at = start;
    while (at < piece.length) {
      const char = piece.charCodeAt(at);
      if (this.escaped) {
        if (!this.escape(char)) return ~at;
      } else if (char === QUOTE2) {
        this.endHigh();
        return at;
      } else if (char === BACKSLASH2) {
        this.escaped = true;
        this.escapeAt = at;
        this.hexLeft = 0;
      } else if (char < 32) return ~at;
      else if (this.blank || this.pendingHigh || char >= 55296) this.unusual(char);
      else {
        let next = piece.charCodeAt(at + 1);
        while (next >= 32 && next < 55296 && next !== QUOTE2 && next !== BACKSLASH2)
          next = piece.charCodeAt(++at + 1);
      }
      at++;
    }
    return at;
  }
  /** One more character of an escape; whether it may be one. */
  escape(char) {
    if (this.hexLeft > 0) {
      const digit = hexOf(char);
      if (digit < 0) return false;
      this.unit = this.unit * 16 + digit;
      if (--this.hexLeft > 0) return true;
      this.escaped = false;
      this.unusual(this.unit);
      return true;
    }
    if (char === 117) {
      this.hexLeft = 4;
      this.unit = 0;
      return true;
    }
    const unit = ESCAPES.get(char);
    if (unit === void 0) return false;
    this.escaped = false;
    this.unusual(unit);
    return true;
  }
  unusual(unit) {
    if (this.blank && !isSpace(unit)) this.blank = false;
    if (isLow(unit)) {
      if (!this.pendingHigh) this.half();
      this.pendingHigh = false;
    } else {
      this.endHigh();
      this.pendingHigh = isHigh(unit);
    }
  }
  /** What comes next is no low surrogate. */
  endHigh() {
    if (!this.pendingHigh) return;
    this.pendingHigh = false;
    this.half();
  }
};

// src/domain/JsonReader.ts
var VALUE = 0;
var FIRST = 1;
var BETWEEN = 2;
var FIRST_KEY = 3;
var KEY = 4;
var COLON2 = 5;
var AFTER = 6;
var DONE = 7;
var STRING = 8;
var KEY_STRING = 9;
var SCALAR = 10;
var SURELY_FINITE_CHARS = 300;
var Stop = class extends Error {
};
var JsonReader = class {
  failure = null;
  /** Scalars so far that say something: neither null nor blank text. */
  said = 0;
  /** Containers around what `maxDepth` is about. */
  base = 0;
  options;
  state;
  place;
  /** Depth of the value that is being cut out; -1 when none is. */
  cutting = -1;
  maxText = 0;
  parts = [];
  length = 0;
  streaming = false;
  tail = "";
  /** What of a string's or scalar's text came with earlier pieces. */
  held = "";
  string = new JsonString(() => this.half());
  /** Of the present piece: from where on its text is not yet taken. */
  from = 0;
  tokenFrom = 0;
  /** Units before the present piece; where the present line begins; lines before it. */
  offset = 0;
  lineStart = 0;
  line = 1;
  constructor(options) {
    this.options = options;
    this.place = new JsonPlace(options.path, options.many === true);
    this.state = options.many === true ? BETWEEN : VALUE;
  }
  /** Reads on. Does nothing after a failure. */
  push(piece) {
    if (this.failure !== null || piece === "") return;
    this.from = 0;
    this.tokenFrom = 0;
    this.string.escapeAt = 0;
    try {
      this.scan(piece);
      this.keep(piece);
    } catch (error) {
      if (!(error instanceof Stop)) throw error;
    }
    this.offset += piece.length;
  }
  /** Nothing comes any more. */
  end() {
    if (this.failure !== null) return;
    try {
      if (this.state === SCALAR) this.endScalar("", 0);
      if (this.state !== DONE && this.state !== BETWEEN) this.notJson(0, true);
    } catch (error) {
      if (!(error instanceof Stop)) throw error;
    }
  }
  /** What of a piece belongs to what has not ended yet. */
  keep(piece) {
    if (this.cutting >= 0) this.take(piece.slice(this.from));
    if (this.streaming) {
      const end = this.string.escaped ? this.string.escapeAt : piece.length;
      if (end > this.tokenFrom) this.stream(piece.slice(this.tokenFrom, end));
      this.tail += piece.slice(Math.max(end, this.tokenFrom));
    } else if (this.state === KEY_STRING || this.state === SCALAR) this.held += piece.slice(this.tokenFrom);
  }
  scan(piece) {
    let at = this.offset === 0 && piece.charCodeAt(0) === 65279 ? 1 : 0;
    while (at < piece.length) {
      if (this.state >= STRING) {
        at = this.state === SCALAR ? this.scalar(piece, at) : this.characters(piece, at);
        continue;
      }
      const char = piece.charCodeAt(at);
      at = isBlank2(char) ? this.blanks(piece, at) : this.token(piece, at, char);
    }
  }
  blanks(piece, at) {
    if (this.cutting >= 0) this.take(piece.slice(this.from, at));
    let next = at;
    for (let char = piece.charCodeAt(next); isBlank2(char); char = piece.charCodeAt(++next)) {
      if (char !== 10) continue;
      this.line++;
      this.lineStart = this.offset + next + 1;
    }
    this.from = next;
    return next;
  }
  /** A token begins that is not a blank. */
  token(piece, at, char) {
    const { state } = this;
    if (char === QUOTE2) {
      if (state === KEY || state === FIRST_KEY) this.state = KEY_STRING;
      else this.begin("string", at, STRING);
      this.tokenFrom = state === KEY || state === FIRST_KEY ? at : at + 1;
      this.string.begin();
      return at + 1;
    }
    if (state === AFTER && char === 44) {
      if (this.place.inArray) {
        this.place.next();
        this.state = VALUE;
      } else this.state = KEY;
    } else if (state === COLON2 && char === 58) this.state = VALUE;
    else if (char === 123 || char === 91) this.open(char === 91, at);
    else if (char === 125 || char === 93) this.close(char === 93, piece, at);
    else {
      const kind = kindOfScalar(char);
      if (kind === null) this.notJson(at);
      this.begin(kind, at, SCALAR);
      this.tokenFrom = at;
    }
    return at + 1;
  }
  /** A value begins at `at`. */
  begin(kind, at, next) {
    if (this.state > BETWEEN) this.notJson(at);
    const { sink, values, maxValues } = this.options;
    if (++values.count > maxValues) this.fail({ _tag: "TooManyValues", limit: maxValues });
    this.state = next;
    this.held = "";
    const { depth } = this.place;
    if (depth > sink.watch) return;
    const wanted = sink.value(kind, depth, this.place.name);
    if (this.cutting >= 0 || wanted === NOTHING) return;
    if (wanted === PARTS) {
      this.streaming = true;
      this.tail = "";
      return;
    }
    this.cutting = depth;
    this.maxText = wanted;
    this.parts = [];
    this.length = 0;
    this.from = at;
  }
  /** The value that was begun last ends before `at`. */
  finish(piece, at) {
    const { sink, many } = this.options;
    const { depth } = this.place;
    let text = null;
    let length = 0;
    if (this.cutting === depth) {
      this.take(piece.slice(this.from, at));
      length = this.length;
      text = length > this.maxText ? null : this.parts.length === 1 ? this.parts[0] : this.parts.join("");
      this.parts = [];
      this.cutting = -1;
    }
    if (depth <= sink.watch) sink.end(depth, text, length);
    if (depth > 0) this.state = AFTER;
    else if (many === true) {
      this.place.next();
      this.state = BETWEEN;
    } else this.state = DONE;
  }
  open(isArray, at) {
    this.begin(isArray ? "array" : "object", at, isArray ? FIRST : FIRST_KEY);
    const { maxDepth } = this.options;
    if (this.place.depth + 1 - this.base > maxDepth)
      this.fail({ _tag: "TooDeep", path: this.place.path(), limit: maxDepth });
    this.place.open(isArray);
  }
  close(isArray, piece, at) {
    const { state, place } = this;
    const fits = place.inArray === isArray && place.depth > 0;
    if (!fits || !(state === AFTER || state === (isArray ? FIRST : FIRST_KEY))) this.notJson(at);
    place.close();
    this.finish(piece, at + 1);
  }
  /** In a string, up to its end or the piece's. */
  characters(piece, start) {
    const at = this.string.read(piece, start);
    if (at < 0) this.notJson(~at);
    if (at === piece.length) return at;
    if (this.state === KEY_STRING) this.key(this.held + piece.slice(this.tokenFrom, at + 1));
    else this.endString(piece, at);
    return at + 1;
  }
  endString(piece, at) {
    if (!this.string.blank) this.said++;
    if (this.streaming) {
      this.stream(piece.slice(this.tokenFrom, at));
      this.streaming = false;
    }
    this.finish(piece, at + 1);
  }
  /** A surrogate without its partner. */
  half() {
    this.options.sink.problem(
      this.state === KEY_STRING ? this.place.path(this.place.depth - 1) : this.place.path(),
      `${this.state === KEY_STRING ? "has a name with" : "holds"} half a character, a surrogate without its partner, which no text can have. Correct or leave out this escape.`
    );
  }
  key(text) {
    const name = text.includes("\\") ? JSON.parse(text) : text.slice(1, -1);
    this.held = "";
    this.place.enter(name);
    this.state = COLON2;
    if (this.cutting < 0 || this.length > this.maxText) return;
    if (this.place.hasHad(name))
      this.options.sink.problem(
        this.place.path(),
        "is given twice in one object, so that one of the two would be lost. Give each its own name."
      );
  }
  /** In a number or a literal, up to its end or the piece's. */
  scalar(piece, start) {
    let at = start;
    while (at < piece.length && !endsScalar(piece.charCodeAt(at))) at++;
    if (at < piece.length) this.endScalar(piece, at);
    return at;
  }
  endScalar(piece, at) {
    const text = this.held + piece.slice(this.tokenFrom, at);
    this.held = "";
    if (text === "true" || text === "false") this.said++;
    else if (text !== "null") {
      if (!NUMBER.test(text)) this.notJson(at - text.length);
      this.said++;
      if ((text.length > SURELY_FINITE_CHARS || /[eE]/.test(text)) && !Number.isFinite(Number(text)))
        this.options.sink.problem(
          this.place.path(),
          "is a number beyond what a double can hold, about 1.8e308. Send it as text."
        );
    }
    this.finish(piece, at);
  }
  take(text) {
    if (text === "") return;
    this.length += text.length;
    if (this.length > this.maxText) this.parts = [];
    else this.parts.push(text);
  }
  /** Passes on what the raw text of a string says; escapes are whole. */
  stream(raw) {
    const text = this.tail + raw;
    this.tail = "";
    if (text !== "") this.options.sink.part(text.includes("\\") ? JSON.parse(`"${text}"`) : text);
  }
  notJson(at, atEnd = false) {
    const column = this.offset + at - this.lineStart + 1;
    return this.fail({ _tag: "NotJson", where: `line ${this.line}, column ${column}`, atEnd });
  }
  fail(failure) {
    this.failure = failure;
    throw new Stop();
  }
};

// src/domain/nextStep.ts
var STANDINGS = {
  running: ["Running", "plain", ""],
  waiting_for_credit: ["Waiting for credit", "waiting", "$"],
  key_refused: ["Key refused", "ill", "!"],
  stopping: ["Stopping", "waiting", ""],
  whole: ["Complete", "well", "✓"],
  with_failures: ["Done with failures", "partly", "◑"],
  in_part: ["Done in part", "partly", "◑"],
  all_failed: ["All failed", "ill", "✗"],
  no_result: ["Ended without a result", "ill", "✗"],
  stopped: ["Stopped", "waiting", "■"],
  given_up: ["Given up", "ill", "⊘"]
};
var OF_DONE = ["whole", "with_failures", "in_part", "all_failed", "no_result"];
var isStatusState = (value) => value === "done" || typeof value === "string" && Object.hasOwn(STANDINGS, value) && !OF_DONE.includes(value);
var standingOf = ({ state, num_task_runs, task_run_status_counts }) => {
  if (state !== "done") return state;
  const { completed = 0, failed = 0 } = task_run_status_counts;
  if (completed === num_task_runs) return "whole";
  if (completed === 0) return failed === num_task_runs ? "all_failed" : "no_result";
  return failed > 0 ? "with_failures" : "in_part";
};
var stateLabel = (status) => {
  const [label, look] = STANDINGS[standingOf(status)];
  return [label, look];
};
var integers = new Intl.NumberFormat("en");
var headline = (status) => {
  const { state, num_task_runs: total, task_run_status_counts: counts } = status;
  if (total === 0) return "No rows yet";
  const ended = totalEnded(counts);
  const isOver = ENDS.includes(state) && ended === total;
  const words = isOver ? outcome(status) : `${integers.format(ended)} of ${rowsOf(total)} finished`;
  return state === "running" || state === "done" ? words : `${stateLabel(status)[0]}: ${words}`;
};
var ENDS = ["done", "stopped", "given_up"];
var rowsOf = (count) => `${integers.format(count)} ${count === 1 ? "row" : "rows"}`;
var outcome = ({ state, num_task_runs: total, task_run_status_counts: counts }) => {
  const { completed = 0, failed = 0, cancelled = 0 } = counts;
  const unsent = state === "done" ? "cancelled" : "not sent";
  const all = completed === total ? "done" : failed === total ? "failed" : cancelled === total ? unsent : null;
  if (all !== null) return total === 1 ? `The row ${ROW_IS[all]}` : `All ${rowsOf(total)} ${all}`;
  const rest = [
    failed > 0 && `${integers.format(failed)} failed`,
    cancelled > 0 && `${integers.format(cancelled)} ${unsent}`
  ];
  return [`${integers.format(completed)} of ${rowsOf(total)} done`, ...rest].filter(Boolean).join(", ");
};
var ROW_IS = { done: "is done", failed: "failed", cancelled: "was cancelled", "not sent": "was not sent" };
var tabText = (status) => {
  const { state, num_task_runs: total, task_run_status_counts: counts } = status;
  const standing = standingOf(status);
  const done = ENDS.includes(state) ? counts.completed ?? 0 : totalEnded(counts);
  const figures = standing === "whole" ? integers.format(total) : standing === "all_failed" ? `${integers.format(total)} failed` : `${integers.format(done)}/${integers.format(total)}`;
  return [STANDINGS[standing][2], figures].filter(Boolean).join(" ");
};
var WITH_KEY = " with an API key in x-api-key";
var WITH_GOOD_KEY = " with a key that Parallel accepts, in x-api-key";
var rows = (count, verb) => `${count} ${count === 1 ? `row ${verb[0]}` : `rows ${verb[1]}`}`;
var nextStep = (status, id, call = (act, key) => `POST /${id}/${act}${key}`) => {
  const { failed = 0, cancelled = 0 } = status.task_run_status_counts;
  const unsent = cancelled === 0 ? "" : `${rows(cancelled, ["was", "were"])} not sent`;
  const again = failed === 0 ? "" : ` ${rows(failed, ["has", "have"])} failed; ${call("retry", "")} runs them again, as new runs${cancelled === 0 ? "" : ", and sends what was not sent, too"}.`;
  switch (status.state) {
    case "running":
      return `Nothing need be done: results come in by themselves. To send no more rows: ${call("stop", WITH_KEY)}.`;
    case "waiting_for_credit":
      return `Add credit to the account at Parallel: the rows that are left are then sent by themselves, tried at most an hour apart for 24 hours. After that, ${call("resume", WITH_KEY)} sends them.`;
    case "key_refused":
      return `Parallel refuses the API key that this group was given. To go on: ${call("resume", WITH_GOOD_KEY)}.`;
    case "stopping":
      return `No more rows are sent; those at Parallel are followed to their end.${unsent && ` ${unsent}: ${call("resume", WITH_KEY)} sends them.`}`;
    case "stopped":
      return `${unsent || "Some rows were not sent"}: ${call("resume", WITH_KEY)} sends them.${again}`;
    case "given_up": {
      const open = status.num_task_runs - totalEnded(status.task_run_status_counts);
      const followed = open === 0 ? "" : `follows ${rows(open, ["that has", "that have"])} not ended`;
      const sent = cancelled === 0 ? "" : `sends ${rows(cancelled, ["that was", "that were"])} not sent`;
      const does = [followed, sent].filter(Boolean).join(" and ") || "goes on";
      return `The results were given up on, and nothing more comes in. ${call("resume", WITH_GOOD_KEY)}, ${does}.${again}`;
    }
    case "done":
      return doneStep(status, call);
  }
};
var doneStep = (status, call) => {
  const { failed = 0, cancelled = 0 } = status.task_run_status_counts;
  const lacking = failed + cancelled;
  const retry = call("retry", WITH_KEY);
  if (lacking === 0) return `Every row is done. To add rows: ${call("inputs", WITH_KEY)}.`;
  const how = cancelled === 0 ? "failed" : failed === 0 ? "was cancelled" : "failed or was cancelled";
  if (lacking === status.num_task_runs)
    return `Not one row has a result: each ${how}, and says why. Once that is put right, ${retry} runs all of them again, as new runs.`;
  return `${rows(lacking, ["has", "have"])} no result and ${lacking === 1 ? "says" : "say"} why: ${retry} runs what ${how} again, as new runs.`;
};

// src/domain/Rows.ts
var KINDS = ["string", "number", "boolean", "object", "array", "null"];
var MAX_COLUMNS_COUNTED = 1e4;
var FIELD = "inputs";
var RUN_FIELDS = new Set(
  "input processor metadata task_spec source_policy previous_interaction_id mcp_servers enable_events webhook advanced_settings memory_scope_key".split(" ")
);
var BAD = "";
var RUN = "run";
var RowCollector = class {
  limits;
  problems;
  /** Rows that say something, as many as can be taken, and where each of them stands: `BAD` and `RUN` among them. */
  texts = [];
  indexes = [];
  /** The first rows that hold no value, and how many there are. */
  firstEmpty = [];
  empty = 0;
  /** What is wrong with the first bad rows, and how many there are. */
  firstBad = [];
  bad = 0;
  /** Rows in the shape of Parallel's own runs, and the first of them. */
  runs = 0;
  firstRun = 0;
  columns = /* @__PURE__ */ new Map();
  longest = 0;
  count = 0;
  /** Of the present row. */
  names = [];
  kinds = [];
  constructor(limits, problems) {
    this.limits = limits;
    this.problems = problems;
  }
  /** How many have ended so far: good ones, bad ones and those without a value. */
  get seen() {
    return this.count;
  }
  /** A row begins; whether it is one. */
  begin(kind) {
    this.names = [];
    this.kinds = [];
    if (kind !== "object") this.refuse(() => `must be an object, not ${describeKind(kind)}.`);
    return kind === "object";
  }
  member(name, kind) {
    this.names.push(name);
    this.kinds.push(kind);
  }
  /** The row has ended, with this text (null when it is too long). `isEmpty`: it says nothing. */
  end(text, length, isEmpty) {
    if (text === null) {
      const most = this.limits.maxSpecPlusInputChars;
      this.refuse(
        () => `has ${length} characters; Parallel accepts at most ${most}, with the task spec. Shorten this input.`
      );
    } else if (isEmpty) {
      this.empty++;
      if (this.firstEmpty.length < MAX_LISTED_PROBLEMS) this.firstEmpty.push(this.count);
    } else if (this.isRun()) {
      if (this.runs++ === 0) this.firstRun = this.count;
      this.keep(RUN);
    } else if (this.keep(text)) {
      this.longest = Math.max(this.longest, length);
      noteColumns(this.columns, this.names, this.kinds);
    }
    this.count++;
  }
  /** What is not a row is over. */
  skip() {
    this.count++;
  }
  keep(text) {
    if (this.texts.length >= this.limits.maxInputs) return false;
    this.texts.push(text);
    this.indexes.push(this.count);
    return true;
  }
  refuse(message) {
    this.bad++;
    this.keep(BAD);
    if (this.firstBad.length < MAX_LISTED_PROBLEMS)
      this.firstBad.push({ index: this.count, message: message() });
  }
  isRun() {
    const at = this.names.indexOf("input");
    return at >= 0 && this.kinds[at] === "object" && this.names.every((name) => RUN_FIELDS.has(name));
  }
  /**
   * The rows, once all have come; what is wrong with them goes to the problems. With a `limit` only the first of them,
   * those without a value left out before if `skipEmpty`: what is behind is counted, and need be no good.
   */
  finish(skipEmpty, limit = Infinity) {
    const { problems, limits, count, empty } = this;
    if (count === 0) problems.add(FIELD, "must not be empty. Send at least one object.");
    else if (skipEmpty && empty === count)
      problems.add(
        FIELD,
        "hold no value in any row, so that skip_empty leaves nothing. Send at least one value."
      );
    const there = count - (skipEmpty ? empty : 0);
    const taken = Math.min(limit, there);
    if (taken < there && taken <= limits.maxInputs)
      this.cutAt(skipEmpty ? this.indexes[taken - 1] + 1 : taken);
    this.tell(skipEmpty);
    if (taken > limits.maxInputs)
      problems.add(
        FIELD,
        `has ${taken} objects; at most ${limits.maxInputs} are accepted. Split the list over several requests.`
      );
    const rows2 = this.count - this.empty;
    const isGood = this.bad + this.runs === 0;
    const good = (_, at) => this.texts[at] !== BAD && this.texts[at] !== RUN;
    const indexes = isGood ? this.indexes : this.indexes.filter(good);
    return {
      texts: isGood ? this.texts : this.texts.filter(good),
      indexes: indexes.length === this.count ? null : indexes,
      columns: this.columns,
      longest: this.longest,
      empty: skipEmpty ? this.empty : 0,
      leftOut: count - rows2
    };
  }
  /** As if this row and what is behind it had never come; all before it is known. */
  cutAt(end) {
    const { texts, indexes } = this;
    const at = indexes.findIndex((index) => index >= end);
    if (at >= 0) {
      texts.length = at;
      indexes.length = at;
    }
    this.count = end;
    this.empty = end - texts.length;
    this.bad = texts.filter((text) => text === BAD).length;
    this.runs = texts.filter((text) => text === RUN).length;
    this.columns = /* @__PURE__ */ new Map();
    this.longest = 0;
    for (const text of texts) {
      if (text === BAD || text === RUN) continue;
      const members = membersOf(text);
      this.longest = Math.max(this.longest, text.length);
      noteColumns(
        this.columns,
        members.map(({ name }) => name),
        members.map(({ value }) => kindOf(value))
      );
    }
  }
  tell(skipEmpty) {
    const { problems, runs, firstRun } = this;
    const told = this.firstBad.filter(({ index }) => index < this.count);
    for (const { index, message } of told) problems.add(childPath(FIELD, index), message);
    problems.addUnlisted(this.bad - told.length);
    if (!skipEmpty) {
      const first = this.firstEmpty.filter((index) => index < this.count);
      for (const index of first)
        problems.add(
          childPath(FIELD, index),
          'holds no value: it is empty, or has nothing but null and blank text, and would be paid for all the same. Remove it, or send "skip_empty": true.'
        );
      problems.addUnlisted(this.empty - first.length);
    }
    if (runs > 0)
      problems.add(
        FIELD,
        `has ${runs === 1 ? "1 row" : `${runs} rows`} in the shape of Parallel's own runs ({"input": {…}}), first at index ${firstRun}. Send what is in "input" as the row itself, and "processor" once, beside "inputs".`
      );
  }
};
var noteColumns = (columns, names, kinds) => {
  for (let at = 0; at < names.length; at++) {
    const bit = 1 << KINDS.indexOf(kinds[at]);
    const column = columns.get(names[at]);
    if (column !== void 0) {
      column.rows++;
      column.kinds |= bit;
    } else if (columns.size < MAX_COLUMNS_COUNTED) columns.set(names[at], { rows: 1, kinds: bit });
  }
};

// src/domain/TextFailure.ts
var SEND = "Send JSON, JSON Lines, CSV or TSV.";
var textFailure = (failure) => {
  switch (failure._tag) {
    case "Blank":
      return `is empty. ${SEND}`;
    case "Markup":
      return `is a page of HTML or XML, not rows: it may ask for a login, or show an error. ${SEND}`;
    case "OneObject":
      return `is one JSON object, not an array of objects. ${whereRowsAre(failure.list)}`;
    case "NotAnArray":
      return `is ${describeKind(failure.kind)}, not an array of objects. ${SEND}`;
    case "NotJson":
      return `is not valid JSON: it ${failure.atEnd ? "ends too early, at" : "has an error at"} ${failure.where}.`;
    case "TooDeep":
      return `is nested more than ${failure.limit} levels deep at ${failure.path}. Flatten the data.`;
    case "TooManyValues":
      return `holds more than ${failure.limit} values. Split it over several requests.`;
    case "TooLarge":
      return `has more than ${failure.limit} characters in its rows, each of which repeats the names of the columns. Shorten the header, or split the list over several groups.`;
    case "UnclosedQuote":
      return `has a quote in line ${failure.line} that is never closed. Close it, or within quotes write it twice.`;
    case "TextBehindQuote":
      return `has text behind a closing quote in line ${failure.line}. Within quotes, write a quote twice.`;
    case "HeaderTooLong":
      return `has a header of more than ${failure.limit} characters. The first line must name the columns.`;
    case "RepeatedColumns":
      return `names columns more than once: ${listed(failure.names)}. Give each its own name.`;
    case "NoRows":
      return "has a header and no rows. The first line names the columns; at least one row must follow.";
    case "NoTable":
      return `is neither JSON nor a table: where no content type or file name says CSV, the first line must name two columns or more, and the next one must have as many cells. ${SEND}`;
  }
};
var whereRowsAre = (list) => list === null ? "Send the rows as an array, or as JSON Lines whose content type says so." : `Its member ${JSON.stringify(shorten(list))} is one: send that array itself.`;
var listed = (names) => {
  const first = names.slice(0, 5).map((name) => JSON.stringify(shorten(name)));
  return `${first.join(", ")}${names.length > first.length ? ` and ${names.length - first.length} more` : ""}`;
};

// src/domain/Delimited.ts
var FIELD2 = "inputs";
var QUOTE3 = 34;
var LF = 10;
var CR = 13;
var SPACE2 = 32;
var START = 0;
var PLAIN2 = 1;
var QUOTED = 2;
var CLOSED = 3;
var BLANK = /^[\u0000-\u0020\s]*$/;
var DelimitedReader = class {
  failure = null;
  limits;
  problems;
  collector;
  isDeclared;
  maxChars;
  /** NaN until it is known. */
  delimiter;
  /** What came before the delimiter was known. */
  head = "";
  hasBegun = false;
  state = START;
  cell = "";
  wasQuoted = false;
  afterCr = false;
  line = 1;
  quoteLine = 1;
  /** Of the present record. Cells beyond the header's are counted, not kept. */
  cells = [];
  count = 0;
  length = 0;
  recordLine = 1;
  isBlankBehind = true;
  /** null until it has come. */
  header = null;
  rows = 0;
  chars = 0;
  values = 0;
  constructor(limits, problems, options) {
    this.limits = limits;
    this.problems = problems;
    this.collector = new RowCollector(limits, problems);
    this.isDeclared = options.isDeclared;
    this.maxChars = options.maxChars;
    this.delimiter = options.delimiter?.charCodeAt(0) ?? Number.NaN;
  }
  get seen() {
    return this.rows;
  }
  /** null until the header has come. */
  get table() {
    if (this.header === null) return null;
    const columns = this.header.columns.filter(({ lead }) => lead !== null).map(({ name }) => name);
    return { columns, delimiter: String.fromCharCode(this.delimiter) };
  }
  /** Reads on. Does nothing after a failure. */
  push(text) {
    if (text === "") return;
    const piece = !this.hasBegun && text.charCodeAt(0) === 65279 ? text.slice(1) : text;
    this.hasBegun = true;
    if (!Number.isNaN(this.delimiter)) return this.scan(piece);
    this.head += piece;
    this.divide(false);
  }
  /** All has come. The collector has the rows, unless the answer says why there are none. */
  end() {
    if (Number.isNaN(this.delimiter)) this.divide(true);
    if (this.failure === null && this.state === QUOTED)
      this.failure = { _tag: "UnclosedQuote", line: this.quoteLine };
    if (this.failure === null && (this.count > 0 || this.state !== START)) this.endRecord();
    if (this.failure === null && this.rows === 0)
      this.failure = { _tag: this.isDeclared ? "NoRows" : "NoTable" };
    return this.failure ?? this.collector;
  }
  /** Finds out what divides the header, once it is here. */
  divide(isAll) {
    const { head, limits } = this;
    const named = SEPARATOR_LINE.exec(head);
    const delimiter = named === null ? guessDelimiter(head, isAll) : named[1];
    if (delimiter !== null) {
      this.delimiter = delimiter.charCodeAt(0);
      this.head = "";
      if (named !== null) this.line++;
      this.scan(named === null ? head : head.slice(named[0].length));
    } else if (head.length > limits.maxSpecPlusInputChars) this.failHeader();
  }
  failHeader() {
    this.failure = { _tag: "HeaderTooLong", limit: this.limits.maxSpecPlusInputChars };
  }
  scan(piece) {
    let at = 0;
    while (at < piece.length && this.failure === null) {
      if (this.state === QUOTED) at = this.quoted(piece, at);
      else if (this.state === PLAIN2) at = this.plain(piece, at);
      else at = this.between(piece, at, piece.charCodeAt(at));
    }
  }
  /** At the start of a cell, or behind its last quote. */
  between(piece, at, char) {
    if (char === LF && this.afterCr) {
      this.afterCr = false;
      return at + 1;
    }
    this.afterCr = false;
    if (this.count === 0 && this.state === START) this.recordLine = this.line;
    if (char === this.delimiter) this.endCell();
    else if (char === LF || char === CR) this.endLine(char);
    else if (char === QUOTE3) {
      if (this.state === CLOSED) this.take('"');
      else this.quoteLine = this.line;
      this.wasQuoted = true;
      this.state = QUOTED;
    } else if (this.state === START) {
      this.state = PLAIN2;
      return at;
    } else if (char !== SPACE2) this.failure = { _tag: "TextBehindQuote", line: this.line };
    return at + 1;
  }
  plain(piece, start) {
    let at = start;
    let char = piece.charCodeAt(at);
    while (at < piece.length && char !== this.delimiter && char !== LF && char !== CR)
      char = piece.charCodeAt(++at);
    this.take(piece.slice(start, at));
    if (at === piece.length) return at;
    if (char === this.delimiter) this.endCell();
    else this.endLine(char);
    return at + 1;
  }
  quoted(piece, start) {
    const quote = piece.indexOf('"', start);
    const end = quote < 0 ? piece.length : quote;
    for (let at = start; at < end; at++) {
      const char = piece.charCodeAt(at);
      if (char === CR || char === LF && !this.afterCr) this.line++;
      this.afterCr = char === CR;
    }
    this.take(piece.slice(start, end));
    if (quote < 0) return end;
    this.afterCr = false;
    this.state = CLOSED;
    return quote + 1;
  }
  take(text) {
    if (this.header !== null && typeof this.header.columns[this.count]?.lead !== "string") {
      if (this.cell === "") this.cell = text.slice(0, 1);
      return;
    }
    this.length += text.length;
    if (this.length <= this.limits.maxSpecPlusInputChars) this.cell += text;
    else if (this.header === null) this.failHeader();
  }
  endCell() {
    this.state = START;
    this.length++;
    if (!this.mayRead(1)) return;
    if (this.header === null) {
      if (this.length > this.limits.maxSpecPlusInputChars) return this.failHeader();
      this.cells.push(this.wasQuoted ? this.cell : this.cell.trim());
    } else if (this.count < this.header.columns.length) this.cells.push(this.cell);
    else if (this.cell !== "") this.isBlankBehind = false;
    this.count++;
    this.cell = "";
    this.wasQuoted = false;
  }
  mayRead(values) {
    const { maxValues } = this.limits;
    this.values += values;
    if (this.values > maxValues) this.failure = { _tag: "TooManyValues", limit: maxValues };
    return this.failure === null;
  }
  endLine(char) {
    if (this.count > 0 || this.state !== START) this.endRecord();
    this.line++;
    this.afterCr = char === CR;
  }
  endRecord() {
    const isBlankLine = this.count === 0 && !this.wasQuoted && BLANK.test(this.cell);
    if (isBlankLine) {
      this.cell = "";
      this.state = START;
    } else {
      this.endCell();
      if (this.failure !== null) return;
      if (this.header === null) this.begin(this.cells);
      else this.row(this.header);
    }
    this.cells = [];
    this.count = 0;
    this.length = 0;
    this.isBlankBehind = true;
  }
  begin(cells) {
    this.header = readHeader(cells);
    const { repeated } = this.header;
    if (!this.isDeclared && cells.length < 2) this.failure = { _tag: "NoTable" };
    else if (repeated.length > 0) this.failure = { _tag: "RepeatedColumns", names: repeated };
  }
  row({ columns, read }) {
    const { cells, count, collector, limits } = this;
    if (!this.isDeclared && this.rows === 0 && count !== columns.length) {
      this.failure = { _tag: "NoTable" };
      return;
    }
    if (!this.mayRead(1 + columns.length - cells.length)) return;
    collector.begin("object");
    let text = "";
    let isEmpty = true;
    for (let at = 0; at < columns.length; at++) {
      const { name, lead, isNameless } = columns[at];
      const cell = cells[at] ?? "";
      if (lead === null || isNameless && cell === "") continue;
      collector.member(name, "string");
      if (isEmpty && !BLANK.test(cell)) isEmpty = false;
      text += `${text === "" ? "{" : ","}${lead}${JSON.stringify(read(cell))}`;
    }
    if (!this.isBlankBehind) this.tooMany(columns.length);
    text += text === "" ? "{}" : "}";
    const most = limits.maxSpecPlusInputChars;
    if (this.length > most) collector.end(null, this.length, false);
    else collector.end(text.length > most ? null : text, text.length, isEmpty);
    this.rows++;
    if (text.length <= most) this.chars += text.length;
    if (this.chars > this.maxChars) this.failure = { _tag: "TooLarge", limit: this.maxChars };
  }
  tooMany(columns) {
    this.problem(
      `has ${this.count} cells (line ${this.recordLine}), but the header names ${columns === 1 ? "1 column" : `${columns} columns`}. Put cells that hold the delimiter or a quote into quotes, or name every column.`
    );
  }
  problem(message) {
    if (this.problems.isFull) this.problems.addUnlisted(1);
    else this.problems.add(childPath(FIELD2, this.rows), message);
  }
};

// src/domain/RowReader.ts
var RowReader = class {
  reader;
  collector;
  root = null;
  constructor(limits, problems, { many = false, values = { count: 0 } } = {}) {
    this.collector = new RowCollector(limits, problems);
    const at = many ? 0 : 1;
    const rows2 = rowSink(this.collector, limits, problems, at, () => this.reader.said);
    const sink = many ? rows2 : {
      ...rows2,
      value: (kind, depth, name) => {
        if (depth > 0) return this.root === "array" ? rows2.value(kind, depth, name) : NOTHING;
        this.root = kind;
        return NOTHING;
      },
      end: (depth, text, length) => {
        if (depth > 0 && this.root === "array") rows2.end(depth, text, length);
      }
    };
    this.reader = new JsonReader({
      sink,
      maxDepth: limits.maxDepth,
      maxValues: limits.maxValues,
      values,
      path: FIELD,
      many
    });
    this.reader.base = at;
  }
  get seen() {
    return this.collector.seen;
  }
  push(text) {
    this.reader.push(text);
  }
  /** All has come. The collector has the rows, unless the answer says why there are none. */
  end() {
    this.reader.end();
    if (this.reader.failure !== null) return this.reader.failure;
    if (this.root !== null && this.root !== "array") return { _tag: "NotAnArray", kind: this.root };
    return this.collector;
  }
};
var rowSink = (collector, { maxSpecPlusInputChars }, problems, at, said) => {
  let isRow = false;
  let before = 0;
  return {
    watch: at + 1,
    value: (kind, depth, name) => {
      if (depth > at) {
        if (isRow) collector.member(name, kind);
        return NOTHING;
      }
      before = said();
      isRow = collector.begin(kind);
      return isRow ? maxSpecPlusInputChars : NOTHING;
    },
    end: (depth, text, length) => {
      if (depth > at) return;
      if (isRow) collector.end(text, length, said() === before);
      else collector.skip();
    },
    part: () => {
    },
    problem: (path, message) => problems.add(path, message)
  };
};

// src/domain/TextRows.ts
var TextRows = class {
  limits;
  problems;
  format;
  maxChars;
  lead = "";
  reader = null;
  isMarkup = false;
  /** `format`: null where nobody says. `maxChars`: of all rows together, where a table's header is repeated in them. */
  constructor(limits, problems, { format, maxChars }) {
    this.limits = limits;
    this.problems = problems;
    this.format = format;
    this.maxChars = maxChars;
  }
  /** Nothing that is still to come is looked at. */
  get stopped() {
    return this.isMarkup || this.reader?.stopped === true;
  }
  /** How many rows have ended so far. */
  get seen() {
    return this.reader?.seen ?? 0;
  }
  /** What the header of a table says, once it has come. */
  get table() {
    return this.reader?.table ?? null;
  }
  push(text) {
    if (this.isMarkup) return;
    if (this.reader !== null) return this.reader.push(text);
    const at = text.search(/\S/);
    this.lead += text;
    if (at < 0) return;
    if (text[at] === "<") this.isMarkup = true;
    else {
      this.reader = this.readerFor(text[at]);
      this.reader.push(this.lead);
    }
    this.lead = "";
  }
  /** All has come. The collector has the rows, unless the answer says why there are none. */
  end() {
    return this.isMarkup ? { _tag: "Markup" } : this.reader?.end() ?? { _tag: "Blank" };
  }
  readerFor(first) {
    const { limits, problems, format } = this;
    if (first === "[") return jsonReader(new RowReader(limits, problems));
    if (first === "{") return new ObjectsReader(limits, problems, format === "jsonl");
    if (format === "json" || format === "jsonl")
      return jsonReader(new RowReader(limits, problems, { many: format === "jsonl" }));
    const table = new DelimitedReader(limits, problems, {
      delimiter: format === "tsv" ? "	" : null,
      isDeclared: format !== null,
      maxChars: this.maxChars
    });
    return {
      push: (text) => table.push(text),
      end: () => table.end(),
      get stopped() {
        return table.failure !== null;
      },
      get seen() {
        return table.seen;
      },
      get table() {
        return table.table;
      }
    };
  }
};
var jsonReader = (rows2) => ({
  push: (text) => rows2.push(text),
  end: () => rows2.end(),
  get stopped() {
    return rows2.reader.failure !== null;
  },
  get seen() {
    return rows2.seen;
  },
  table: null
});
var ObjectsReader = class {
  table = null;
  collector;
  reader;
  mayBeOne;
  /** Name of the member that is being read, where it is an array. */
  array = null;
  list = null;
  constructor(limits, problems, mayBeOne) {
    this.mayBeOne = mayBeOne;
    this.collector = new RowCollector(limits, problems);
    const rows2 = rowSink(this.collector, limits, problems, 0, () => this.reader.said);
    const { maxDepth, maxValues } = limits;
    this.reader = new JsonReader({
      sink: {
        ...rows2,
        watch: 2,
        value: (kind, depth, name) => {
          if (depth === 2) return this.element(kind);
          if (depth === 1) this.array = kind === "array" ? name : null;
          return rows2.value(kind, depth, name);
        },
        end: (depth, text, length) => {
          if (depth < 2) rows2.end(depth, text, length);
        }
      },
      maxDepth,
      maxValues,
      values: { count: 0 },
      path: "inputs",
      many: true
    });
  }
  get stopped() {
    return this.reader.failure !== null;
  }
  get seen() {
    return this.collector.seen;
  }
  push(text) {
    this.reader.push(text);
  }
  end() {
    this.reader.end();
    if (this.reader.failure !== null) return this.reader.failure;
    const isOne = !this.mayBeOne && this.reader.place.indexAt(0) === 1;
    return isOne ? { _tag: "OneObject", list: this.list } : this.collector;
  }
  element(kind) {
    if (kind === "object" && this.reader.place.indexAt(0) === 0) this.list ??= this.array;
    return NOTHING;
  }
};

// src/pages/browser.ts
var ROW_LIMITS = {
  maxInputs: Infinity,
  maxSpecPlusInputChars: CONSTANTS.MAX_SPEC_PLUS_INPUT_CHARS,
  maxDepth: CONSTANTS.MAX_DEPTH,
  maxValues: CONSTANTS.MAX_VALUES
};
export {
  JsonReader,
  Problems,
  ROW_LIMITS,
  RowCollector,
  TextRows,
  cellText,
  compactText,
  compareNumbers,
  csvCell,
  csvColumns,
  csvRecord,
  csvText,
  elementsOf,
  escapeHtml,
  escapeRaw,
  fieldsOf,
  guessDelimiter,
  headline,
  inert,
  isStatusState,
  kindOf,
  nextStep,
  readableText,
  shownText,
  stateLabel,
  tabText,
  textFailure,
  totalEnded,
  withoutOpenBidi
};
