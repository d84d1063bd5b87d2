import { env } from "cloudflare:workers"
import { ORIGIN } from "./product.ts"

const LOGIN = (env as unknown as { readonly PARALLEL_LOGIN_URL: string }).PARALLEL_LOGIN_URL

const base64url = (bytes: ArrayBuffer | Uint8Array) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "")
export const newVerifier = () => base64url(crypto.getRandomValues(new Uint8Array(32)))

/** A code that the provider gave for this verifier, after consent. */
export const codeFor = async (verifier: string, origin = ORIGIN): Promise<string> => {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier))
  const query = new URLSearchParams({
    client_id: new URL(origin).hostname,
    redirect_uri: `${origin}/callback`,
    response_type: "code",
    scope: "key:read",
    code_challenge: base64url(hash),
    code_challenge_method: "S256",
    state: "s",
  })
  const page = await (await fetch(`${LOGIN}/getKeys/authorize?${query.toString()}`)).text()
  const href = /id="allow" href="([^"]+)"/.exec(page)?.[1]?.replaceAll("&amp;", "&") ?? ""
  return new URL(href).searchParams.get("code") ?? ""
}
