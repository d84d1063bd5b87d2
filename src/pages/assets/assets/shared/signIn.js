// @ts-check
/**
 * "Sign in with Parallel": OAuth's authorization code with PKCE (RFC 7636). What has to be remembered until the way
 * back is kept in `sessionStorage`, so that only the tab that began can finish.
 */

const PENDING = "parallel-multitask:sign-in"
const SIGNED_IN = "parallel-multitask:signed-in"

const bytes = () => crypto.getRandomValues(new Uint8Array(32))

/** 43 characters for 32 bytes. @param {Uint8Array} data */
const base64url = (data) =>
  btoa(String.fromCharCode(...data))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "")

/** Parallel sends people back to https only, and to one's own machine. @param {{ protocol: string, hostname: string }} place */
export const canSignIn = ({ protocol, hostname }) =>
  protocol === "https:" || /^(localhost|.+\.localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname)

/** Remembers what the way back needs, and goes. Throws when this browser remembers nothing. @param {string} login */
export async function beginSignIn(login) {
  const verifier = base64url(bytes())
  const state = base64url(bytes())
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier))
  sessionStorage.setItem(PENDING, JSON.stringify({ state, verifier }))
  const query = new URLSearchParams({
    client_id: location.hostname,
    redirect_uri: `${location.origin}/callback`,
    response_type: "code",
    scope: "key:read",
    code_challenge: base64url(new Uint8Array(hash)),
    code_challenge_method: "S256",
    state,
  })
  location.assign(`${login}/getKeys/authorize?${query}`)
}

/** What was remembered, once: a sign-in is finished or begun anew. @returns {{ state: string, verifier: string } | null} */
export function takePending() {
  try {
    const text = sessionStorage.getItem(PENDING)
    sessionStorage.removeItem(PENDING)
    const pending = text === null ? null : JSON.parse(text)
    return typeof pending?.state === "string" && typeof pending.verifier === "string" ? pending : null
  } catch {
    return null
  }
}

/** Lets the form say where its key came from. */
export function noteSignedIn() {
  try {
    sessionStorage.setItem(SIGNED_IN, "1")
  } catch {
    // It has the key all the same.
  }
}

/** @returns {boolean} whether the sign-in has just been finished */
export function takeSignedIn() {
  try {
    const noted = sessionStorage.getItem(SIGNED_IN) !== null
    sessionStorage.removeItem(SIGNED_IN)
    return noted
  } catch {
    return false
  }
}
