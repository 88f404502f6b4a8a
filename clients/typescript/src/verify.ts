export interface VerifierOptions {
  /** `AUTH_PUBLIC_URL` of the service. */
  issuer: string;
  /** The audience of your service: `AUTH_AUDIENCE`, by default the issuer, or the one of `AUTH_AUDIENCES` that is yours. */
  audience: string;
  /** The URL of the keys, if they are not to be fetched from the issuer. */
  jwksUrl?: string;
  /** Replaces the global `fetch`. */
  fetch?: typeof globalThis.fetch;
  /** Returns milliseconds since 1970; replaces `Date.now`. */
  now?: () => number;
}

/** The claims of an access token. */
export interface Claims {
  iss: string;
  aud: string | string[];
  /** The id of the user, a UUID that never changes. */
  sub: string;
  exp: number;
  iat: number;
  jti: string;
  /** The session. */
  sid: string;
  /** The user's roles when the token was made. */
  roles: string[];
  /** How the user logged in; contains `mfa` after a second factor. */
  amr: string[];
  /** When the user logged in, in Unix seconds. */
  auth_time: number;
  /** The service that acts for the user, after a token exchange. */
  act?: Actor;
}

/** A service that acts for a user, and the one that did before it. */
export interface Actor {
  sub: string;
  act?: Actor;
}

/** `KEYS_UNAVAILABLE` says nothing about the token: respond with 503. Respond to the others with 401 and the code. */
export type VerifyCode = "TOKEN_REQUIRED" | "ACCESS_TOKEN_INVALID" | "ACCESS_TOKEN_EXPIRED" | "KEYS_UNAVAILABLE";

export type Verified =
  { ok: true; claims: Claims } | { ok: false; error: { code: VerifyCode; status: 401 | 503; message: string } };

/** Verifies a token, or an `Authorization` header with one. */
export type VerifyAccessToken = (token: string | null | undefined) => Promise<Verified>;

interface Jwk {
  kid?: string;
  kty?: string;
  crv?: string;
  x?: string;
}

type Keys = Map<string, CryptoKey>;

const KEEP = 600_000;
const COOLDOWN = 60_000;
/** How long a fetch that failed is not repeated. */
const RETRY = 5_000;
/** Seconds that clocks may differ. */
const LEEWAY = 5;
const LONGEST = 8192;

const refusal = (code: VerifyCode, message: string): Verified => ({
  ok: false,
  error: { code, status: code === "KEYS_UNAVAILABLE" ? 503 : 401, message },
});

const bytes = (base64url: string) => {
  if (!/^[\w-]+$/.test(base64url)) throw new TypeError("not base64url");
  return Uint8Array.from(atob(base64url.replace(/-/g, "+").replace(/_/g, "/")), (character) => character.charCodeAt(0));
};

const json = (part: string) => {
  const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes(part)));
  if (typeof value !== "object" || value === null) throw new TypeError("not an object");
  return value as Record<string, unknown>;
};

/** Caches the public keys for ten minutes and looks up an unknown one at most once a minute, or 5 s after a failure. */
function createKeys(url: string, fetch: typeof globalThis.fetch, now: () => number) {
  let keys: Keys = new Map();
  let [fetchedAt, nextAt] = [-Infinity, -Infinity];
  let failure: unknown;
  let flight: Promise<void> | undefined;

  async function load() {
    const began = now();
    const response = await fetch(url, { redirect: "error", signal: AbortSignal.timeout(5_000) });
    if (!response.ok) throw new Error(`${url} answered ${response.status}`);
    const { keys: listed } = (await response.json()) as { keys: Jwk[] };
    const loaded: Keys = new Map();
    for (const { kid, kty, crv, x } of listed) {
      if (!kid || kty !== "OKP" || crv !== "Ed25519" || !x) continue;
      loaded.set(kid, await crypto.subtle.importKey("jwk", { kty, crv, x }, "Ed25519", false, ["verify"]));
    }
    keys = loaded;
    fetchedAt = began;
    nextAt = began + COOLDOWN;
  }

  return async (kid: string): Promise<CryptoKey | undefined> => {
    const isStale = () => now() - fetchedAt >= KEEP;
    if (isStale() || !keys.has(kid)) {
      if (!flight && now() >= nextAt) {
        flight = load()
          .catch((error: unknown) => {
            failure = error;
            nextAt = now() + RETRY;
          })
          .finally(() => {
            flight = undefined;
          });
      }
      await flight;
      if (isStale()) throw failure;
    }
    return keys.get(kid);
  };
}

const strings = (value: unknown) => Array.isArray(value) && value.every((entry) => typeof entry === "string");

/** Returns what is wrong with the claims. */
function problem(claims: Record<string, unknown>, { issuer, audience }: VerifierOptions, now: number) {
  for (const name of ["sub", "jti", "sid"]) if (typeof claims[name] !== "string") return `${name} is missing`;
  for (const name of ["exp", "iat", "auth_time"]) if (!Number.isFinite(claims[name])) return `${name} is missing`;
  for (const name of ["roles", "amr"]) if (!strings(claims[name])) return `${name} is missing`;
  if (claims.iss !== issuer) return "it is of another issuer";
  if (![claims.aud].flat().includes(audience)) return "it is for another audience";
  const notBefore = claims.nbf ?? -Infinity;
  if (typeof notBefore !== "number" || notBefore > now + LEEWAY) return "it is not good yet";
  return undefined;
}

/** Creates the function that verifies access tokens. Create one per process, because it caches the keys. */
export function createVerifier(options: VerifierOptions): VerifyAccessToken {
  const { issuer, fetch = globalThis.fetch, now = Date.now } = options;
  const keyOf = createKeys(options.jwksUrl ?? `${issuer.replace(/\/$/, "")}/.well-known/jwks.json`, fetch, now);

  return async (given) => {
    const token = (given ?? "").replace(/^Bearer +/i, "");
    if (!token) return refusal("TOKEN_REQUIRED", "no token came");
    const invalid = (message: string) => refusal("ACCESS_TOKEN_INVALID", message);
    const parts = token.split(".");
    if (parts.length !== 3 || token.length > LONGEST) return invalid("not a JWT");
    const [head, body, signature] = parts as [string, string, string];
    let header, claims, signed;
    try {
      [header, claims, signed] = [json(head), json(body), bytes(signature)];
    } catch {
      return invalid("not a JWT");
    }
    // One algorithm, one kind of token, no extensions, and no key from the token itself.
    if (header.alg !== "EdDSA" || header.typ !== "at+jwt" || "crit" in header || typeof header.kid !== "string") {
      return invalid("not an access token");
    }
    let key;
    try {
      key = await keyOf(header.kid);
    } catch (error) {
      return refusal("KEYS_UNAVAILABLE", String(error));
    }
    if (!key) return invalid("no key has that id");
    const text = new TextEncoder().encode(`${head}.${body}`);
    if (!(await crypto.subtle.verify("Ed25519", key, signed, text))) return invalid("the signature is wrong");
    const seconds = now() / 1000;
    const wrong = problem(claims, options, seconds);
    if (wrong) return invalid(wrong);
    if ((claims.exp as number) <= seconds - LEEWAY) return refusal("ACCESS_TOKEN_EXPIRED", "it has expired");
    return { ok: true, claims: claims as unknown as Claims };
  };
}
