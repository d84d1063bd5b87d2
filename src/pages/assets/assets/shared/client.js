// Made of src/pages/client.ts by `npm run pages`: change that and what it exports, not this.

// src/client/MultitaskError.ts
var MultitaskError = class extends Error {
  name = "MultitaskError";
  /** The answer's status; 0 when no answer came: whether the request was carried out is not known then. */
  status;
  /** Finds the line in the server's log, or is Parallel's own reference. */
  refId;
  /** Every problem of a request that was refused as wrong. */
  errors;
  /** Seconds after which it may be tried again. */
  retryAfter;
  taskgroupId;
  url;
  constructor({ status, message, refId, errors = [], retryAfter, taskgroupId, url, cause }) {
    super(message, cause === void 0 ? void 0 : { cause });
    this.status = status;
    this.refId = refId;
    this.errors = errors;
    this.retryAfter = retryAfter;
    this.taskgroupId = taskgroupId;
    this.url = url;
  }
};

// src/client/events.ts
async function* streamEvents(_options) {
  throw new Error("not built yet");
}

// src/client/request.ts
var ask = (_connection, _asked) => {
  throw new Error("not built yet");
};
export {
  MultitaskError,
  ask,
  streamEvents
};
