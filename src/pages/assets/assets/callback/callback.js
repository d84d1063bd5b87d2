// @ts-check
import { byId, own, setText } from "../shared/dom.js"
import { storeKey } from "../shared/keyStore.js"
import { beginSignIn, canSignIn, noteSignedIn, takePending } from "../shared/signIn.js"

/** The way back from Parallel's login: check `state`, have the code exchanged, keep the key, and back to the form. */

const answer = new URLSearchParams(location.search)
// At once: neither the address bar nor the history is to keep the code.
history.replaceState(null, "", location.pathname)

/** What OAuth's words mean (RFC 6749 §4.1.2.1). The provider's own sentence is not shown: anybody can write a link. */
const refusals = new Map([
  ["access_denied", "You did not allow this site to use a key. Nothing was changed."],
  ["temporarily_unavailable", "Parallel's login is busy. Try again in a moment."],
  ["server_error", "Parallel's login had a problem. Try again in a moment."],
  ["unauthorized_client", "Parallel's login does not take sign-ins for this site."],
  ["invalid_request", "Parallel's login did not accept the request of this site."],
  ["invalid_scope", "Parallel's login did not accept the request of this site."],
  ["unsupported_response_type", "Parallel's login did not accept the request of this site."],
])

class SignInError extends Error {}

/** @returns {Promise<string>} */
async function obtainKey() {
  const pending = takePending()
  const state = answer.get("state")
  const error = answer.get("error")
  const code = answer.get("code")
  if (error === null && code === null)
    throw new SignInError("There is no sign-in under way here. If you reloaded this page, sign in again.")
  // An error may come without a state; with one it has to be ours, like a code.
  if (pending === null || (state === null ? error === null : state !== pending.state))
    throw new SignInError(
      "This sign-in was not started in this tab, or it has been finished already. For your safety it is not used.",
    )
  if (error !== null)
    throw new SignInError(refusals.get(error) ?? "Parallel's login ended without giving a key.")
  return exchange(code ?? "", pending.verifier)
}

/** @param {string} code @param {string} verifier @returns {Promise<string>} */
async function exchange(code, verifier) {
  /** @type {Response} */
  let response
  try {
    response = await fetch("/callback", {
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/json" },
      body: JSON.stringify({ code, code_verifier: verifier }),
      redirect: "error",
      credentials: "omit",
    })
  } catch (cause) {
    throw new SignInError(
      "This site's server could not be reached. Check your connection and sign in again.",
      {
        cause,
      },
    )
  }
  const body = await response.json().catch(() => null)
  const key = own(body, "api_key")
  if (response.ok && typeof key === "string" && key) return key
  const message = own(own(body, "error"), "message")
  throw new SignInError(
    typeof message === "string" && message
      ? message
      : `This site's server answered with status ${response.status}. Sign in again in a moment.`,
  )
}

/** @param {string} message */
function showFailure(message) {
  document.title = "Not signed in · Parallel Multitask"
  setText(byId("title"), "You are not signed in")
  setText(byId("message"), message)
  byId("hint").hidden = false
  byId("actions").hidden = false
  byId("title").focus()
}

const again = byId("sign-in")
again.hidden = !canSignIn(location)
again.addEventListener("click", () => {
  beginSignIn(again.dataset.login ?? "").catch(() => showFailure(KEEPS_NOTHING))
})
const KEEPS_NOTHING = "This browser keeps nothing for this site, which signing in needs."

try {
  const key = await obtainKey()
  if (!storeKey(key)) throw new SignInError(KEEPS_NOTHING)
  noteSignedIn()
  // In place of this page, so that going back does not lead here.
  location.replace("/")
} catch (error) {
  showFailure(error instanceof SignInError ? error.message : "The sign-in could not be finished. Try again.")
}
document.documentElement.dataset.ready = ""
