import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { createServerClient } from "../dist/server.js";
import { answer, fakeService, refusal, user } from "./fake-service.mjs";

const lifetimes = { tokenType: "Bearer", expiresIn: 600, refreshExpiresIn: 1000 };
const COOKIES = "theme=dark; __Host-auth-refresh=rt1.a; other=__Host-auth-x";

function rendering(routes, headers, options = {}) {
  const fake = fakeService(routes);
  const base = { baseUrl: "http://auth.internal", fetch: fake.fetch };
  return { fake, auth: createServerClient({ ...base, headers: new Headers(headers), ...options }) };
}

const withCookies = (response, ...cookies) => {
  for (const cookie of cookies) response.headers.append("set-cookie", cookie);
  return response;
};

// A browser whose access cookie has expired.
const expired = {
  "GET /auth/me": ({ headers }) =>
    headers.get("cookie").includes("__Host-auth-access=new")
      ? answer(200, "USER_FETCHED", { user })
      : refusal(401, "TOKEN_REQUIRED"),
  "POST /auth/refresh": () =>
    withCookies(
      answer(200, "TOKEN_REFRESHED", { tokens: lifetimes }),
      "__Host-auth-access=new; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=600",
      "__Host-auth-refresh=rt1.b; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=1000",
      "tracker=1",
    ),
};

test("the browser's cookies of the service go on, and no other cookie", async () => {
  const { auth, fake } = rendering(
    { "GET /auth/me": () => answer(200, "USER_FETCHED", { user }) },
    { cookie: COOKIES, "user-agent": "Browser/1", "x-forwarded-for": "6.6.6.6", authorization: "Bearer forged" },
    { clientAddress: "203.0.113.7" },
  );
  assert.deepEqual(await auth.me(), { ok: true, data: user });
  const { headers } = fake.calls[0];
  assert.equal(headers.get("cookie"), "__Host-auth-refresh=rt1.a");
  assert.equal(headers.get("user-agent"), "Browser/1");
  assert.equal(headers.get("x-forwarded-for"), "203.0.113.7");
  assert.equal(headers.get("authorization"), null);
});

test("a refresh sets the browser's cookies, and the rest of the request uses them", async () => {
  const set = [];
  const navigation = { cookie: COOKIES, "sec-fetch-site": "cross-site" };
  const { auth, fake } = rendering(expired, navigation, { setCookie: (cookie) => set.push(cookie) });
  assert.deepEqual(await auth.me(), { ok: true, data: user });
  assert.deepEqual(
    set.map((cookie) => cookie.split("=")[0]),
    ["__Host-auth-access", "__Host-auth-refresh"],
  );
  const refresh = fake.calls.find(({ name }) => name === "POST /auth/refresh");
  assert.equal(refresh.headers.get("sec-fetch-site"), "same-origin");
  assert.match(fake.calls.at(-1).headers.get("cookie"), /__Host-auth-refresh=rt1\.b/);
});

test("where no cookie can be set nothing is refreshed", async () => {
  const { auth, fake } = rendering(expired, { cookie: COOKIES });
  assert.equal((await auth.me()).error.code, "TOKEN_REQUIRED");
  assert.equal(fake.count("POST /auth/refresh"), 0);
});

test("what another site made the browser send is told as such", async () => {
  for (const [headers, origin, site] of [
    [{ origin: "https://evil.test", "sec-fetch-site": "cross-site" }, "https://evil.test", "cross-site"],
    [{ origin: "https://app.test", "sec-fetch-site": "same-origin" }, "https://app.test", "same-origin"],
    [{}, null, null],
  ]) {
    const { auth, fake } = rendering(
      { "POST /auth/logout": () => refusal(403, "CROSS_SITE_REQUEST") },
      { cookie: COOKIES, ...headers },
      { setCookie: () => {} },
    );
    assert.equal((await auth.logout()).error.code, "CROSS_SITE_REQUEST");
    const sent = fake.calls[0].headers;
    assert.deepEqual([sent.get("origin"), sent.get("sec-fetch-site")], [origin, site]);
  }
});

test("a logout removes the cookies of the browser", async () => {
  const set = [];
  const gone = "__Host-auth-refresh=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0";
  const { auth, fake } = rendering(
    {
      "POST /auth/logout": () => withCookies(answer(200, "USER_LOGGED_OUT"), gone),
      "GET /auth/me": () => refusal(401, "TOKEN_REQUIRED"),
      "POST /auth/refresh": () => refusal(401, "REFRESH_TOKEN_REQUIRED"),
    },
    { cookie: COOKIES },
    { setCookie: (cookie) => set.push(cookie) },
  );
  assert.equal((await auth.logout()).ok, true);
  assert.deepEqual(set, [gone]);
  await auth.me();
  assert.equal(fake.calls.at(-1).headers.get("cookie"), null);
});

test("a browser is sent to the public URL of the service", async () => {
  const { auth } = rendering({}, {}, { publicUrl: "https://app.test/api/" });
  const { data } = await auth.providers.begin("google");
  assert.equal(data.url, "https://app.test/api/auth/google/authorize");
});

async function renderingExample(t, routes) {
  const entryPoints = [fileURLToPath(new URL("../examples/rendering.ts", import.meta.url))];
  const { outputFiles } = await build({ entryPoints, bundle: true, format: "esm", write: false });
  const fake = fakeService(routes);
  t.mock.method(globalThis, "fetch", fake.fetch);
  const { page } = await import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`);
  return { fake, visit: (headers) => page(new Request("https://app.test//notes?x=1", { headers })) };
}

test("the example redirects after a refresh, with the cookies, and does not use the new token before", async (t) => {
  const { fake, visit } = await renderingExample(t, expired);
  const prefetched = await visit({ cookie: COOKIES, "sec-purpose": "prefetch" });
  assert.deepEqual([prefetched.status, fake.count("POST /auth/refresh")], [503, 0]);
  const first = await visit({ cookie: COOKIES });
  assert.deepEqual([first.status, first.headers.get("location")], [307, "/notes?x=1"]);
  assert.ok(fake.calls.every(({ headers }) => !headers.get("cookie").includes("__Host-auth-access=new")));
  const cookie = first.headers
    .getSetCookie()
    .map((header) => header.split(";")[0])
    .join("; ");
  const second = await visit({ cookie });
  assert.equal(second.status, 200);
  assert.equal(fake.count("POST /auth/refresh"), 1);
});

test("the example sends only who is signed out to the login page", async (t) => {
  const { fake, visit } = await renderingExample(t, expired);
  for (const [me, refresh, status] of [
    [refusal(401, "TOKEN_REQUIRED"), refusal(401, "REFRESH_TOKEN_INVALID"), 303],
    [refusal(401, "UNAUTHORIZED"), undefined, 303],
    [refusal(401, "TOKEN_REQUIRED"), new Response("a proxy", { status: 401 }), 503],
    [refusal(401, "TOKEN_REQUIRED"), refusal(503, "OVERLOADED"), 503],
    [refusal(503, "OVERLOADED"), undefined, 503],
  ]) {
    fake.routes["GET /auth/me"] = () => me.clone();
    fake.routes["POST /auth/refresh"] = () => refresh.clone();
    const response = await visit({ cookie: COOKIES });
    assert.equal(response.status, status);
    assert.equal(response.headers.get("location"), status === 303 ? "/login" : null);
  }
});
