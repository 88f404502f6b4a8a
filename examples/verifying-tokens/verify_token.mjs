// Verifies access tokens of the auth service: npm install jose
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { createRemoteJWKSet, errors, jwtVerify } from "jose";

const CLAIMS = ["iss", "aud", "sub", "exp", "iat", "jti", "sid", "roles", "amr", "auth_time"];

// Create one per process: it caches the keys. Pass AUTH_PUBLIC_URL and AUTH_AUDIENCE of the auth service.
export function accessTokens(issuer, audience) {
  // Keys are cached for ten minutes. An unknown key is fetched, but at most once a minute.
  const keys = createRemoteJWKSet(new URL(`${issuer}/.well-known/jwks.json`), {
    cacheMaxAge: 600_000,
    cooldownDuration: 60_000,
    timeoutDuration: 5_000,
  });
  const checks = {
    algorithms: ["EdDSA"], // not what the token says
    typ: "at+jwt",
    issuer,
    audience,
    clockTolerance: 5, // seconds by which clocks may differ
    requiredClaims: CLAIMS,
  };
  return async (token) => (await jwtVerify(token, keys, checks)).payload;
}

// Whether the token is invalid: answer 401. Otherwise the keys could not be fetched: answer 503.
const KEYS_UNAVAILABLE = ["ERR_JOSE_GENERIC", "ERR_JWKS_INVALID", "ERR_JWKS_TIMEOUT"];
export const isRefusal = (error) => error instanceof errors.JOSEError && !KEYS_UNAVAILABLE.includes(error.code);

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  // verify_token.mjs ISSUER AUDIENCE: for each line of input, a token, its claims or why there are none.
  const verify = accessTokens(...process.argv.slice(2));
  for await (const line of createInterface({ input: process.stdin })) {
    console.log(await verify(line).then(JSON.stringify, (error) => `${isRefusal(error) ? 401 : 503} ${error.code}`));
  }
}
