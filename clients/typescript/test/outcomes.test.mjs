import assert from "node:assert/strict";
import { test } from "node:test";
import { createAuthClient } from "../dist/index.js";
import { answer, fakeService, refusal, tokens, user } from "./fake-service.mjs";

const baseUrl = "http://auth.test/api/";
const client = (routes, options = {}) => {
  const fake = fakeService(routes);
  return { fake, auth: createAuthClient({ baseUrl, transport: "bearer", fetch: fake.fetch, ...options }) };
};
const credentials = { email: "ann@example.org", password: "correct horse battery staple" };
const pending = { tempToken: "temp-1", expiresIn: 600, methods: ["app", "email"], primary: "app" };

test("a login that needs a second factor has no user, and goes on with a code", async () => {
  const { fake, auth } = client({
    "POST /api/auth/login": () => answer(206, "TWOFA_REQUIRED", pending),
    "POST /api/2fa/app/verify-login": ({ body }) =>
      body.otpCode === "123456"
        ? answer(200, "USER_LOGGED_IN", { tokens: tokens(1), user })
        : refusal(401, "OTP_INVALID"),
    "POST /api/2fa/recovery/verify-login": () => answer(200, "USER_LOGGED_IN", { tokens: tokens(1), user }),
    "POST /api/2fa/email/send-login": () => answer(200, "CODE_SENT", { expiresIn: 600 }),
  });
  const changes = [];
  auth.onSessionChange((change) => changes.push(change));
  const outcome = await auth.login(credentials);
  assert.deepEqual(outcome, { status: "two_factor_required", ...pending });
  const wrong = await auth.verifySecondFactor(outcome, "app", "000000");
  assert.deepEqual([wrong.status, wrong.error.code], ["failed", "OTP_INVALID"]);
  assert.deepEqual(changes, [], "nobody is signed in yet");
  assert.deepEqual(await auth.verifySecondFactor(outcome, "app", "123456"), { status: "signed_in", user });
  assert.deepEqual(changes, [{ user, reason: "signed_in" }]);
  assert.equal((await auth.sendLoginCode(outcome)).ok, true);
  await auth.verifySecondFactor(outcome, "recovery", "abcde-fghjk");
  assert.deepEqual(fake.calls.at(-1).body, { recoveryCode: "abcde-fghjk" });
  assert.ok(fake.calls.slice(1).every(({ token }) => token === "temp-1"));
});

test("an address that must be proved first is an outcome of its own", async () => {
  const { fake, auth } = client({
    "POST /api/auth/login": () => answer(206, "EMAIL_VERIFICATION_REQUIRED", { tempToken: "temp-2", expiresIn: 600 }),
    "POST /api/auth/verify-email": () => answer(200, "EMAIL_VERIFIED", { user }),
  });
  const outcome = await auth.login(credentials);
  assert.deepEqual(outcome, { status: "email_verification_required", tempToken: "temp-2", expiresIn: 600 });
  assert.deepEqual(await auth.verifyEmail("123456", outcome), { ok: true, data: user });
  assert.equal(fake.calls.at(-1).token, "temp-2");
});

test("a password is recovered in three steps", async () => {
  const { fake, auth } = client({
    "POST /api/auth/lost-password": () => answer(200, "CODE_SENT", { tempToken: "sent", expiresIn: 600 }),
    "POST /api/auth/verify-code": () => answer(200, "CODE_VERIFIED", { tempToken: "verified", expiresIn: 600 }),
    "POST /api/auth/update-password": () => answer(200, "USER_LOGGED_IN", { tokens: tokens(1), user }),
  });
  const sent = await auth.recovery.start("ann@example.org");
  const verified = await auth.recovery.verify(sent.data, "123456");
  const body = { password: "another correct horse", confirmPassword: "another correct horse" };
  assert.deepEqual(await auth.recovery.setPassword(verified.data, body), { status: "signed_in", user });
  assert.deepEqual(
    fake.calls.map(({ token }) => token),
    [undefined, "sent", "verified"],
  );
});

test("a reauthentication replaces the access token and keeps the refresh token", async () => {
  const { accessToken, tokenType, expiresIn } = tokens(2);
  const { fake, auth } = client({
    "POST /api/auth/login": () => answer(200, "USER_LOGGED_IN", { tokens: tokens(1), user }),
    "POST /api/auth/reauthenticate": () =>
      answer(200, "REAUTHENTICATED", { tokens: { accessToken, tokenType, expiresIn } }),
    "DELETE /api/auth/delete": ({ token }) =>
      token === "access-2"
        ? answer(200, "USER_DATA_DELETED", { deletionId: user.id })
        : answer(401, "REAUTHENTICATION_REQUIRED", { message: "x", maxAge: 900 }),
    "POST /api/auth/refresh": () => answer(200, "TOKEN_REFRESHED", { tokens: tokens(3) }),
  });
  await auth.login(credentials);
  const { error } = await auth.deleteAccount();
  assert.deepEqual([error.code, error.maxAge], ["REAUTHENTICATION_REQUIRED", 900]);
  assert.deepEqual(await auth.reauthenticate({ password: credentials.password }), { status: "reauthenticated" });
  await auth.refresh();
  assert.equal(fake.calls.at(-1).body.token, "refresh-1");
  fake.routes["DELETE /api/auth/delete"] = () => answer(200, "USER_DATA_DELETED", { deletionId: user.id });
  const changes = [];
  auth.onSessionChange((change) => changes.push(change));
  assert.equal((await auth.deleteAccount()).ok, true);
  assert.deepEqual(changes, [{ user: null, reason: "signed_out" }]);
});

test("what is no answer of the service is an error, and so is no answer", async () => {
  const { auth, fake } = client({
    "POST /api/auth/login": () => new Response("<h1>Bad gateway</h1>", { status: 502 }),
  });
  const proxy = await auth.login(credentials);
  assert.deepEqual([proxy.error.code, proxy.error.status], ["UNEXPECTED_ANSWER", 502]);
  fake.routes["POST /api/auth/login"] = () => Response.json({ hello: "world" });
  assert.equal((await auth.login(credentials)).error.code, "UNEXPECTED_ANSWER");
  delete fake.routes["POST /api/auth/login"];
  assert.equal((await auth.login(credentials)).error.code, "NETWORK_ERROR");
});

test("with cookies no token is kept, sent or accepted", async () => {
  const { expiresIn, refreshExpiresIn, tokenType } = tokens(1);
  const values = new Map();
  const storage = {
    getItem: (key) => values.get(key) ?? null,
    setItem: (key, value) => void values.set(key, value),
    removeItem: (key) => void values.delete(key),
  };
  const { auth, fake } = client(
    {
      "POST /api/auth/login": () =>
        answer(200, "USER_LOGGED_IN", { tokens: { expiresIn, refreshExpiresIn, tokenType }, user }),
      "GET /api/auth/me": () => answer(200, "USER_FETCHED", { user }),
      "POST /api/auth/logout": () => answer(200, "USER_LOGGED_OUT"),
    },
    { transport: "cookie", storage },
  );
  assert.equal((await auth.login(credentials)).status, "signed_in");
  assert.equal((await auth.me()).ok, true);
  assert.deepEqual(Object.keys(JSON.parse(values.get("auth:http://auth.test/api"))).sort(), [
    "expires",
    "id",
    "margin",
  ]);
  assert.equal((await auth.logout()).ok, true);
  assert.ok(fake.calls.every(({ token, credentials }) => !token && credentials === "include"));
  assert.deepEqual(
    fake.calls.map(({ headers }) => headers.get("x-auth-transport")),
    ["cookie", null, "cookie"],
  );
  assert.equal(await auth.accessToken(), undefined);
  fake.routes["POST /api/auth/login"] = () => answer(200, "USER_LOGGED_IN", { tokens: tokens(1), user });
  assert.equal((await auth.login(credentials)).error.code, "COOKIES_OFF");
  assert.ok(![...values.values()].join().includes("access-1"));
  auth.close();
});

test("with cookies a missing access token is one that has expired", async () => {
  const { expiresIn, refreshExpiresIn, tokenType } = tokens(1);
  let live = false;
  const { auth, fake } = client(
    {
      "GET /api/auth/me": () => (live ? answer(200, "USER_FETCHED", { user }) : refusal(401, "TOKEN_REQUIRED")),
      "POST /api/auth/refresh": () => {
        live = true;
        return answer(200, "TOKEN_REFRESHED", { tokens: { expiresIn, refreshExpiresIn, tokenType } });
      },
    },
    { transport: "cookie", storage: "memory" },
  );
  assert.deepEqual(await auth.me(), { ok: true, data: user });
  live = false;
  fake.routes["POST /api/auth/refresh"] = () => refusal(401, "REFRESH_TOKEN_REQUIRED");
  assert.equal((await auth.me()).error.code, "TOKEN_REQUIRED");
});

test("a sign-in at a provider is finished by the client that began it", async () => {
  const authorizationUrl = "https://provider.test/authorize?state=state-1";
  const { auth, fake } = client({
    "GET /api/auth/google/authorize": () => answer(200, "AUTHORIZATION_STARTED", { authorizationUrl }),
    "GET /api/auth/google": () => answer(201, "USER_REGISTERED", { tokens: tokens(1), user }),
  });
  const callback = (state) => `https://app.test/callback?code=c&state=${state}`;
  assert.equal((await auth.providers.finish("google", callback("state-1"))).error.code, "OAUTH_STATE_INVALID");
  assert.deepEqual(await auth.providers.begin("google"), { ok: true, data: { url: authorizationUrl } });
  assert.equal((await auth.providers.finish("google", callback("other"))).error.code, "OAUTH_STATE_INVALID");
  assert.deepEqual(await auth.providers.finish("google", callback("state-1")), { status: "signed_in", user });
  assert.equal(fake.calls.at(-1).url, "http://auth.test/api/auth/google?code=c&state=state-1");
  assert.equal((await auth.providers.finish("google", callback("state-1"))).error.code, "OAUTH_STATE_INVALID", "once");
});

test("with cookies the browser goes to the provider, and comes back with what happened", async () => {
  const { auth } = client(
    { "GET /api/auth/me": () => answer(200, "USER_FETCHED", { user }) },
    { transport: "cookie", storage: "memory" },
  );
  const { data } = await auth.providers.begin("google", { redirect: "https://app.test/in?x=1" });
  assert.equal(data.url, "http://auth.test/api/auth/google/authorize?redirect=https%3A%2F%2Fapp.test%2Fin%3Fx%3D1");
  const back = (query) => auth.providers.finish("google", `https://app.test/in${query}`);
  assert.equal((await back("?error=EMAIL_EXISTS")).error.code, "EMAIL_EXISTS");
  const pending = await back("?pending=TWOFA_REQUIRED&methods=app%2Cemail&primary=app");
  assert.deepEqual(
    [pending.status, pending.methods, pending.primary],
    ["two_factor_required", ["app", "email"], "app"],
  );
  assert.deepEqual(await back(""), { status: "signed_in", user });
});

const accessOf = (sid) => `h.${Buffer.from(JSON.stringify({ sid })).toString("base64url")}.s`;
for (const [meanwhile, change] of [
  ["another user logs in", (auth) => auth.login(credentials)],
  ["the session ends", (auth) => auth.logout()],
]) {
  test(`a reauthentication is not stored if ${meanwhile} before its response`, async () => {
    let logins = 0;
    let respond;
    const begun = new Promise((resolve) => {
      respond = resolve;
    });
    const { auth, fake } = client({
      "POST /api/auth/login": () => {
        const number = ++logins;
        return answer(200, "USER_LOGGED_IN", {
          tokens: { ...tokens(number), accessToken: accessOf(`session-${number}`) },
          user,
        });
      },
      "POST /api/auth/logout": () => answer(200, "USER_LOGGED_OUT"),
      "POST /api/auth/reauthenticate": () => begun,
      "POST /api/2fa/app/verify-login": () => answer(200, "USER_REAUTHENTICATED", { tokens: fresh }),
    });
    const { refreshToken, ...fresh } = { ...tokens(9), accessToken: accessOf("session-1") };
    await auth.login(credentials);
    const outcome = auth.reauthenticate({ password: "x" });
    while (!fake.count("POST /api/auth/reauthenticate")) await new Promise(setImmediate);
    await change(auth);
    const before = await auth.accessToken();
    respond(answer(200, "USER_REAUTHENTICATED", { tokens: fresh }));
    assert.equal((await outcome).error.code, "TOKEN_REQUIRED");
    assert.equal((await auth.verifySecondFactor(pending, "app", "123456")).error.code, "TOKEN_REQUIRED");
    assert.equal(await auth.accessToken(), before);
  });
}

test("with cookies the access token is fresh before a browser goes to reauthenticate at a provider", async () => {
  const { expiresIn, refreshExpiresIn, tokenType } = tokens(1);
  let live = false;
  const { auth, fake } = client(
    {
      "GET /api/auth/me": () => (live ? answer(200, "USER_FETCHED", { user }) : refusal(401, "TOKEN_REQUIRED")),
      "POST /api/auth/refresh": () => {
        live = true;
        return answer(200, "TOKEN_REFRESHED", { tokens: { expiresIn, refreshExpiresIn, tokenType } });
      },
    },
    { transport: "cookie", storage: "memory" },
  );
  const { data } = await auth.providers.begin("google", { reauthenticate: true });
  assert.equal(data.url, "http://auth.test/api/auth/google/authorize?reauthenticate=true");
  assert.equal(live, true);
  live = false;
  fake.routes["POST /api/auth/refresh"] = () => refusal(401, "REFRESH_TOKEN_INVALID");
  assert.equal((await auth.providers.begin("google", { reauthenticate: true })).error.code, "TOKEN_REQUIRED");
});
