import assert from "node:assert/strict";
import { test } from "node:test";
import { createAuthClient } from "../dist/index.js";
import { answer, fakeService, refusal, tokens, user } from "./fake-service.mjs";

async function signedIn(routes) {
  const fake = fakeService({
    "POST /auth/login": () => answer(200, "USER_LOGGED_IN", { tokens: tokens(1), user }),
    "POST /auth/refresh": () => answer(200, "TOKEN_REFRESHED", { tokens: tokens(2) }),
    ...routes,
  });
  const options = {
    baseUrl: "http://auth.test",
    transport: "bearer",
    services: ["http://notes.test"],
    fetch: fake.fetch,
  };
  const auth = createAuthClient(options);
  await auth.login({ username: "ann", password: "x" });
  return { auth, fake };
}

test("a service gets the access token, a fresh one after ACCESS_TOKEN_EXPIRED, and the same body", async () => {
  const { auth, fake } = await signedIn({
    "POST /notes": ({ token }) =>
      token === "access-2" ? Response.json({ saved: true }) : refusal(401, "ACCESS_TOKEN_EXPIRED"),
  });
  const response = await auth.fetch("http://notes.test/notes", {
    method: "POST",
    body: JSON.stringify({ text: "hi" }),
  });
  assert.deepEqual(await response.json(), { saved: true });
  assert.deepEqual(fake.calls.at(-1).body, { text: "hi" });
});

test("any other refusal of a service is its own affair", async () => {
  const { auth, fake } = await signedIn({ "GET /notes": () => new Response("no", { status: 401 }) });
  assert.equal((await auth.fetch("http://notes.test/notes")).status, 401);
  assert.equal(fake.count("POST /auth/refresh"), 0);
});

test("no other origin gets the token", async () => {
  const { auth, fake } = await signedIn({});
  await assert.rejects(auth.fetch("http://evil.test/notes"), /http:\/\/evil\.test is not in `services`/);
  await assert.rejects(auth.fetch("http://notes.test.evil.test/"), TypeError);
  assert.ok(fake.calls.every(({ url }) => !url.includes("evil")));
});

test("with cookies TOKEN_REQUIRED brings a refresh only from the service's own origin", async () => {
  const { accessToken, refreshToken, ...lifetimes } = tokens(1);
  const fake = fakeService({
    "POST /auth/refresh": () => answer(200, "TOKEN_REFRESHED", { tokens: lifetimes }),
    "GET /notes": () => refusal(401, "TOKEN_REQUIRED"),
  });
  const options = { transport: "cookie", storage: "memory", services: ["http://notes.test"], fetch: fake.fetch };
  const auth = createAuthClient({ baseUrl: "http://auth.test", ...options });
  assert.equal((await auth.fetch("http://notes.test/notes")).status, 401);
  assert.equal(fake.count("POST /auth/refresh"), 0);
  assert.equal((await auth.fetch("http://auth.test/notes")).status, 401);
  assert.equal(fake.count("POST /auth/refresh"), 1);
});
