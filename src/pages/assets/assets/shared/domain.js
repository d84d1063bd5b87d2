// Made of src/pages/browser.ts by `npm run pages`: change that and what it exports, not this.

// src/domain/Json.ts
var compactJson = (value) => {
  try {
    return JSON.stringify(value) ?? "";
  } catch {
    return "[not representable as JSON]";
  }
};

// src/domain/Csv.ts
var FORMULA = /^[\s\p{Cc}\p{Cf}]*[=+\-@＝＋－＠﹢﹣﹦﹫]/u;
var LEADING_BREAK = /^[\t\r\n]/;
var NEGATIVE_NUMBER = /^-\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
var inert = (text) => (FORMULA.test(text) || LEADING_BREAK.test(text)) && !NEGATIVE_NUMBER.test(text) ? `'${text}` : text;
var NEEDS_QUOTES = /[",;\t\r\n]|^\s|\s$/;
var quoted = (text) => NEEDS_QUOTES.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
var csvCell = (value) => {
  if (value === null || value === void 0) return "";
  if (typeof value === "string") return quoted(inert(value));
  return quoted(typeof value === "object" ? compactJson(value) : String(value));
};
var csvRecord = (values) => {
  const line = values.map(csvCell).join(",");
  return line === "" ? '""\r\n' : `${line}\r
`;
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
  const difference = Number(a) - Number(b);
  if (difference < 0 || difference > 0) return difference;
  const [one, other] = [decimalOf(a), decimalOf(b)];
  if (one.sign !== other.sign) return one.sign - other.sign;
  if (one.point !== other.point) return one.sign * (one.point - other.point);
  const length = Math.max(one.digits.length, other.digits.length);
  const [left, right] = [one.digits.padEnd(length, "0"), other.digits.padEnd(length, "0")];
  return left === right ? 0 : left < right ? -one.sign : one.sign;
};

// src/domain/JsonText.ts
var QUOTE = 34;
var COMMA = 44;
var COLON = 58;
var BACKSLASH = 92;
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
  let depth = 0;
  let next = at;
  while (next < json.length) {
    const char = json.charCodeAt(next);
    if (char === QUOTE) next = endOfString(json, next);
    else if (isOpening(char)) {
      depth++;
      next++;
    } else if (depth === 0 && (char === COMMA || isClosing(char))) return next;
    else {
      if (isClosing(char)) depth--;
      next++;
    }
  }
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
var decode = (string) => string.includes("\\") ? JSON.parse(string).toWellFormed() : string.slice(1, -1);
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
var fieldsOf = (object) => new Map(membersOf(object).map(({ name, value }) => [name, value]));
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
var shownText = (json) => json.startsWith('"') ? decode(json) : json === "null" ? "" : json;
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
export {
  compactText,
  compareNumbers,
  csvRecord,
  elementsOf,
  escapeRaw,
  fieldsOf,
  inert,
  kindOf,
  membersOf,
  readableText,
  shownText
};
