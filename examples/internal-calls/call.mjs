// Calls an internal endpoint of the auth service: npm install jose
// Run it as: INTERNAL_KEY=… node call.mjs URL SERVICE METHOD PATH [JSON]
import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import { importPKCS8, SignJWT } from "jose";

// The key is the secret of AUTH_INTERNAL__<SERVICE>__SECRET, or an Ed25519 private key in PEM.
export async function internalToken(service, key, scope) {
  const isPrivateKey = key.startsWith("-----BEGIN");
  // `scope` limits the token to some of the service's scopes, separated by spaces.
  const token = new SignJWT(scope === undefined ? {} : { scope })
    .setProtectedHeader({ alg: isPrivateKey ? "EdDSA" : "HS256" })
    .setIssuer(service)
    .setAudience("auth-service")
    .setIssuedAt()
    .setExpirationTime("60s")
    .setJti(randomUUID());
  return token.sign(isPrivateKey ? await importPKCS8(key, "EdDSA") : new TextEncoder().encode(key));
}

// Returns {statusCode, code, data}. Creates a token for each call, which takes microseconds.
export async function call(url, service, key, method, path, body) {
  const answer = await fetch(url + path, {
    method,
    headers: { Authorization: `Bearer ${await internalToken(service, key)}`, "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
    signal: AbortSignal.timeout(10_000),
  });
  return answer.json();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [url, service, method, path, body] = process.argv.slice(2);
  const key = process.env.INTERNAL_KEY;
  const answer = await call(url, service, key, method, path, body && JSON.parse(body));
  console.log(answer.statusCode, answer.code, answer.data.reason ?? "", answer.data.scope ?? "");
}
