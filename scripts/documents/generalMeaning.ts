/** What a status means wherever it comes from; what it means of one request stands there. */
const GENERAL: Readonly<Record<string, string>> = {
  400: "The request cannot be read: its body is not JSON in UTF-8 or broke off, or a query parameter or a header will not do.",
  401: "There is no API key, it cannot be one, or Parallel refuses it.",
  402: "The account behind the key has too little credit at Parallel.",
  403: "Parallel refuses this key, or does not let it read the group; or a page of another origin may not send this.",
  404: "It is not here: the address is mistyped, the group was removed or deleted, or this deployment does not have it.",
  405: "The address does not take this method; `Allow` names those it takes.",
  406: "No format fits the `Accept` header. The message names what does.",
  408: "The body did not arrive: nothing of it for 15 s, or not all of it within 300 s. Nothing was done.",
  409: "The `Idempotency-Key` belongs to another request, or to one that is still at work; or the group's inputs are still coming in. With `Retry-After` where it helps to come back.",
  413: "The body, or what the inputs URL answers, is too large or holds too many values.",
  415: "The body is declared as something else than JSON, in another charset, or compressed in a way that is not taken.",
  422: "The request cannot work: `detail.errors` names every problem by path. Nothing was done.",
  429: "Too much in too short a time, for Parallel or for this deployment. `Retry-After` says when to come back, where that is known.",
  500: "This deployment is configured wrongly (`detail.errors` names the variables), or it failed: `ref_id` finds the line in its log.",
  502: "Parallel answers with something unusable, or nobody knows whether a change was made: send it again under its `Idempotency-Key`.",
  503: "Too many read this group at this moment, or what is behind it cannot be reached. `Retry-After` says when to come back.",
  504: "Parallel, or the inputs URL, does not answer in time.",
}

export const generalMeaning = (status: string): string => {
  const meaning = GENERAL[status]
  if (meaning === undefined) throw new Error(`the table of errors has no words for ${status}`)
  return meaning
}
