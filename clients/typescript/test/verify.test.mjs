import assert from "node:assert/strict";
import { test } from "node:test";
import { createVerifier } from "../dist/verify.js";

const issuer = "https://auth.test";
const audience = "https://api.test";
const START = 1_800_000_000;

const base64url = (value) =>
  Buffer.from(value instanceof Uint8Array ? value : JSON.stringify(value)).toString("base64url");
const makeKey = () => crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]);
const good = {
  iss: issuer,
  aud: audience,
  sub: "0199",
  exp: START + 600,
  iat: START,
  jti: "1",
  sid: "0199",
  roles: ["user"],
  amr: ["pwd"],
  auth_time: START,
};

async function sign(keys, claims = good, header = {}) {
  const text = `${base64url({ alg: "EdDSA", typ: "at+jwt", kid: "key-1", ...header })}.${base64url(claims)}`;
  const signature = await crypto.subtle.sign("Ed25519", keys.privateKey, new TextEncoder().encode(text));
  return `${text}.${base64url(new Uint8Array(signature))}`;
}

/** An issuer whose keys and clock the test moves. */
async function setUp() {
  const published = new Map([["key-1", await makeKey()]]);
  const world = { published, fetched: 0, seconds: START, away: false };
  const fetch = async (url, init) => {
    world.fetched += 1;
    assert.equal(url, `${issuer}/.well-known/jwks.json`);
    assert.equal(init.redirect, "error");
    if (world.away) throw new TypeError("away");
    const keys = await Promise.all(
      [...published].map(async ([kid, { publicKey }]) => ({
        ...(await crypto.subtle.exportKey("jwk", publicKey)),
        kid,
        alg: "EdDSA",
        use: "sig",
      })),
    );
    return Response.json({ keys: [{ kty: "RSA", kid: "rsa", n: "x", e: "AQAB" }, ...keys] });
  };
  const verify = createVerifier({ issuer, audience, fetch, now: () => world.seconds * 1000 });
  return { world, verify, key: published.get("key-1") };
}

test("a good token has its claims, with or without its scheme; the keys are fetched once", async () => {
  const { world, verify, key } = await setUp();
  const token = await sign(key);
  const results = await Promise.all([verify(token), verify(`Bearer ${token}`), verify(`bearer ${token}`)]);
  for (const result of results) assert.deepEqual(result, { ok: true, claims: good });
  assert.deepEqual((await verify(await sign(key, { ...good, aud: ["x", audience] }))).ok, true);
  assert.equal(world.fetched, 1);
});

test("what a forger makes is refused, and fetches no keys", async () => {
  const { world, verify, key } = await setUp();
  const other = await makeKey();
  const jwk = await crypto.subtle.exportKey("jwk", other.publicKey);
  const forged = [
    "x",
    "..",
    `${await sign(key)}x`,
    `${await sign(key)}.x`,
    await sign(other),
    await sign(other, good, { jwk }),
    await sign(key, good, { alg: "none" }),
    await sign(key, good, { alg: "HS256" }),
    await sign(key, good, { crit: ["exp"] }),
    `${base64url({ alg: "none", typ: "at+jwt", kid: "key-1" })}.${base64url(good)}.`,
  ];
  for (const typ of [undefined, "JWT", "temp+jwt", "id+jwt"]) forged.push(await sign(key, good, { typ }));
  for (const kid of [undefined, 1, "rsa", "key-2", "__proto__"]) forged.push(await sign(key, good, { kid }));
  for (const changed of [
    { iss: "https://other.test" },
    { aud: "https://other.test" },
    { aud: [] },
    { exp: "tomorrow" },
    { nbf: START + 60 },
    { nbf: "later" },
    { roles: "admin" },
    { sub: 1 },
    ...Object.keys(good).map((name) => ({ [name]: undefined })),
  ]) {
    forged.push(await sign(key, { ...good, ...changed }));
  }
  for (const token of forged) {
    const { error } = await verify(token);
    assert.deepEqual([error?.code, error?.status], ["ACCESS_TOKEN_INVALID", 401], token);
  }
  for (const none of [undefined, null, "", "Bearer "]) assert.equal((await verify(none)).error.code, "TOKEN_REQUIRED");
  assert.equal(world.fetched, 1);
});

test("a token that has expired says so, five seconds late at most", async () => {
  const { world, verify, key } = await setUp();
  const token = await sign(key);
  world.seconds = START + 604;
  assert.equal((await verify(token)).ok, true);
  world.seconds = START + 605;
  assert.equal((await verify(token)).error.code, "ACCESS_TOKEN_EXPIRED");
});

test("a new key is found, but strangers do not make it ask at will", async () => {
  const { world, verify, key } = await setUp();
  const token = await sign(key);
  assert.equal((await verify(token)).ok, true);
  const next = await makeKey();
  world.published.set("key-2", next);
  const signed = await sign(next, good, { kid: "key-2" });
  assert.equal((await verify(signed)).ok, false);
  assert.equal(world.fetched, 1, "not twice in a minute");
  world.seconds += 60;
  assert.equal((await verify(signed)).ok, true);
  assert.equal(world.fetched, 2);
  world.seconds += 60;
  for (let kid = 0; kid < 20; kid++) await verify(await sign(next, good, { kid: `made-up-${kid}` }));
  assert.equal(world.fetched, 3);
});

test("a key that is not published any more is forgotten within ten minutes", async () => {
  const { world, verify, key } = await setUp();
  const claims = { ...good, exp: START + 10_000 };
  const token = await sign(key, claims);
  assert.equal((await verify(token)).ok, true);
  world.published.delete("key-1");
  world.published.set("key-2", await makeKey());
  world.seconds += 600;
  assert.equal((await verify(token)).error.code, "ACCESS_TOKEN_INVALID");
});

test("without the service the keys of the last ten minutes serve; then nothing is said of a token", async () => {
  const { world, verify, key } = await setUp();
  const token = await sign(key, { ...good, exp: START + 10_000 });
  world.away = true;
  const first = await verify(token);
  assert.deepEqual([first.error.code, first.error.status], ["KEYS_UNAVAILABLE", 503]);
  world.away = false;
  assert.equal((await verify(token)).error.code, "KEYS_UNAVAILABLE");
  assert.equal(world.fetched, 1, "not twice in five seconds");
  world.seconds += 5;
  assert.equal((await verify(token)).ok, true);
  world.away = true;
  world.seconds += 599;
  assert.equal((await verify(token)).ok, true);
  assert.equal((await verify(await sign(key, good, { kid: "key-2" }))).error.code, "ACCESS_TOKEN_INVALID");
  world.seconds += 1;
  assert.equal((await verify(token)).error.code, "KEYS_UNAVAILABLE");
});

test("a token with an unknown key waits for a fetch that is under way", async () => {
  const { world, verify, key } = await setUp();
  assert.equal((await verify(await sign(key))).ok, true);
  const next = await makeKey();
  world.published.set("key-2", next);
  world.seconds += 60;
  const signed = await sign(next, good, { kid: "key-2" });
  const results = await Promise.all([verify(signed), verify(signed), verify(signed)]);
  assert.deepEqual(
    results.map(({ ok }) => ok),
    [true, true, true],
  );
  assert.equal(world.fetched, 2);
});
