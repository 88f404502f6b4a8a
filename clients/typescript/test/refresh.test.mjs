import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { createAuthClient } from "../dist/index.js";
import { answer, fakeService, refusal, sharedStorage, tokens, user } from "./fake-service.mjs";

const REFRESH = "POST /auth/refresh";
const credentials = { username: "ann", password: "correct horse battery staple" };

// A service whose tokens are numbered. `life` is that of the first access token; the service takes only the newest.
function service({ life = 600 } = {}) {
  let current = 0;
  return fakeService({
    "POST /auth/login": () => answer(200, "USER_LOGGED_IN", { tokens: tokens(++current, life), user }),
    [REFRESH]: ({ body }) =>
      body.token === `refresh-${current}`
        ? answer(200, "TOKEN_REFRESHED", { tokens: tokens(++current) })
        : refusal(401, "REFRESH_TOKEN_INVALID"),
    "POST /auth/logout": () => answer(200, "USER_LOGGED_OUT"),
    "GET /auth/me": ({ token }) =>
      token === `access-${current}` ? answer(200, "USER_FETCHED", { user }) : refusal(401, "ACCESS_TOKEN_EXPIRED"),
  });
}

async function signedIn(fake, options = {}) {
  const client = createAuthClient({ baseUrl: "http://auth.test", transport: "bearer", fetch: fake.fetch, ...options });
  assert.equal((await client.login(credentials)).status, "signed_in");
  return client;
}

/** The service's access token runs out, which the client does not know. */
const expire = (fake) => {
  const me = fake.routes["GET /auth/me"];
  fake.routes["GET /auth/me"] = () => {
    fake.routes["GET /auth/me"] = me;
    return refusal(401, "ACCESS_TOKEN_EXPIRED");
  };
};

test("a token that expires soon is replaced before it is used, once for all who wait", async () => {
  const fake = service({ life: 0 });
  const client = await signedIn(fake);
  const answers = await Promise.all(Array.from({ length: 5 }, () => client.me()));
  assert.ok(answers.every(({ ok }) => ok));
  assert.equal(fake.count(REFRESH), 1);
  assert.deepEqual(
    fake.calls.filter(({ name }) => name === "GET /auth/me").map(({ token }) => token),
    Array(5).fill("access-2"),
  );
});

test("a token that lives long is not replaced", async () => {
  const fake = service();
  const client = await signedIn(fake);
  assert.equal((await client.me()).ok, true);
  assert.equal(fake.count(REFRESH), 0);
});

test("ACCESS_TOKEN_EXPIRED brings one refresh and one further try", async () => {
  const fake = service();
  const client = await signedIn(fake);
  expire(fake);
  assert.equal((await client.me()).ok, true);
  assert.equal(fake.count(REFRESH), 1);

  fake.routes["GET /auth/me"] = () => refusal(401, "ACCESS_TOKEN_EXPIRED");
  const { error } = await client.me();
  assert.equal(error.code, "ACCESS_TOKEN_EXPIRED");
  assert.deepEqual([fake.count(REFRESH), fake.count("GET /auth/me")], [2, 4], "no loop");
});

test("no other 401 brings a refresh", async () => {
  for (const code of [
    "OTP_INVALID",
    "OTP_REQUIRED",
    "REAUTHENTICATION_REQUIRED",
    "TOKEN_REQUIRED",
    "ACCESS_TOKEN_INVALID",
  ]) {
    const fake = service();
    const client = await signedIn(fake);
    fake.routes["POST /2fa/app/verify-setup"] = () => refusal(401, code);
    const { error } = await client.twoFactor.verifySetUp("app", "000000");
    assert.equal(error.code, code);
    assert.equal(fake.count(REFRESH), 0, code);
    assert.equal((await client.me()).ok, true, "still signed in");
  }
});

test("a refresh whose answer is lost is sent again with the same token", async () => {
  const fake = service({ life: 0 });
  const client = await signedIn(fake);
  const { [REFRESH]: refresh } = fake.routes;
  fake.routes[REFRESH] = () => {
    fake.routes[REFRESH] = refresh;
    throw new TypeError("the connection was lost");
  };
  assert.equal((await client.me()).ok, true);
  const sent = fake.calls.filter(({ name }) => name === REFRESH).map(({ body }) => body.token);
  assert.deepEqual(sent, ["refresh-1", "refresh-1"]);
});

test("after a lost answer the next refresh waits until the lost request cannot arrive any more", async () => {
  const fake = service({ life: 0 });
  const storage = sharedStorage();
  const client = await signedIn(fake, { storage });
  const { [REFRESH]: refresh } = fake.routes;
  fake.routes[REFRESH] = () => {
    fake.routes[REFRESH] = refresh;
    throw new TypeError("the connection was lost");
  };
  await client.refresh();
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: Date.now() });
  try {
    const next = client.refresh();
    // The lease of a browser without Web Locks, then the wait.
    for (let tick = 0; tick < 20; tick++) {
      await new Promise(setImmediate);
      mock.timers.tick(50);
    }
    assert.equal(fake.count(REFRESH), 2, "it waits");
    for (let tick = 0; tick < 220; tick++) {
      await new Promise(setImmediate);
      mock.timers.tick(50);
    }
    assert.equal((await next).ok, true);
    assert.equal(fake.count(REFRESH), 3);
  } finally {
    mock.timers.reset();
    client.close();
  }
});

test("offline nobody is logged out, and it goes on when the network is back", async () => {
  const fake = service({ life: 0 });
  const client = await signedIn(fake);
  const changes = [];
  client.onSessionChange((change) => changes.push(change));
  const { [REFRESH]: refresh } = fake.routes;
  fake.routes[REFRESH] = () => {
    throw new TypeError("offline");
  };
  const answers = await Promise.all([client.me(), client.me(), client.me()]);
  for (const { error } of answers) assert.deepEqual([error.code, error.status], ["NETWORK_ERROR", 0]);
  assert.equal(fake.count(REFRESH), 3, "the attempts of one refresh");
  fake.routes[REFRESH] = refresh;
  assert.equal((await client.me()).ok, true);
  assert.deepEqual(changes, []);
});

test("a service that is too busy logs nobody out", async () => {
  const fake = service({ life: 0 });
  const client = await signedIn(fake);
  const { [REFRESH]: refresh } = fake.routes;
  fake.routes[REFRESH] = () => answer(503, "OVERLOADED", { message: "busy", retryAfter: 3 });
  const { error } = await client.me();
  assert.deepEqual([error.code, error.retryAfter], ["OVERLOADED", 3]);
  assert.equal(fake.count(REFRESH), 1, "not asked again at once");
  fake.routes[REFRESH] = refresh;
  assert.equal((await client.me()).ok, true);
});

test("a refresh that is refused ends the session, and says so", async () => {
  const fake = service({ life: 0 });
  const storage = sharedStorage();
  const client = await signedIn(fake, { storage });
  const changes = [];
  client.onSessionChange((change) => changes.push(change));
  fake.routes[REFRESH] = () => refusal(401, "REFRESH_TOKEN_EXPIRED");
  const { error } = await client.me();
  assert.equal(error.code, "TOKEN_REQUIRED");
  assert.deepEqual(changes, [{ user: null, reason: "expired" }]);
  assert.equal((await client.me()).error.code, "TOKEN_REQUIRED");
  assert.equal(fake.count(REFRESH), 1);
  assert.deepEqual([...storage.values.keys()], []);
  client.close();
});

test("a session that was ended elsewhere is noticed", async () => {
  const fake = service();
  const client = await signedIn(fake);
  const changes = [];
  client.onSessionChange((change) => changes.push(change));
  fake.routes["GET /auth/me"] = () => refusal(401, "UNAUTHORIZED");
  assert.equal((await client.me()).error.code, "UNAUTHORIZED");
  assert.deepEqual(changes, [{ user: null, reason: "expired" }]);
});

test("two tabs without Web Locks refresh once, and both go on with the new tokens", async () => {
  const fake = service({ life: 0 });
  const storage = sharedStorage();
  const first = await signedIn(fake, { storage });
  const second = createAuthClient({ baseUrl: "http://auth.test", transport: "bearer", fetch: fake.fetch, storage });
  const answers = await Promise.all([first.me(), second.me()]);
  assert.ok(answers.every(({ ok }) => ok));
  assert.equal(fake.count(REFRESH), 1);
  first.close();
  second.close();
});

test(
  "another tab hears of a sign-in, though it sees the storage late, and of a logout",
  { timeout: 30_000 },
  async () => {
    const fake = service();
    const storage = sharedStorage();
    let visible = false;
    const late = { ...storage, getItem: (key) => (visible ? storage.getItem(key) : null) };
    const second = createAuthClient({
      baseUrl: "http://auth.test",
      transport: "bearer",
      fetch: fake.fetch,
      storage: late,
    });
    const changes = [];
    second.onSessionChange((change) => changes.push(change));
    const first = await signedIn(fake, { storage });
    await sleep(300);
    assert.deepEqual(changes, []);
    visible = true;
    while (changes.length < 1) await sleep(20);
    await first.logout();
    while (changes.length < 2) await sleep(20);
    assert.deepEqual(changes, [
      { user, reason: "signed_in" },
      { user: null, reason: "signed_out" },
    ]);
    first.close();
    second.close();
  },
);

test("a logout waits for a refresh under way, and ends what that brought", async () => {
  const fake = service({ life: 0 });
  const client = await signedIn(fake);
  const [, ended] = await Promise.all([client.me(), client.logout()]);
  assert.equal(ended.ok, true);
  const logout = fake.calls.find(({ name }) => name === "POST /auth/logout");
  assert.equal(logout.body.token, "refresh-2");
  assert.equal((await client.me()).error.code, "TOKEN_REQUIRED");
});

test("a clock that is set back makes no token live longer than the service says", async () => {
  const fake = service();
  const client = await signedIn(fake);
  mock.timers.enable({ apis: ["Date"], now: Date.now() - 3_600_000 });
  try {
    expire(fake);
    assert.equal((await client.me()).ok, true);
    assert.equal(fake.count(REFRESH), 1);
  } finally {
    mock.timers.reset();
  }
});

const notOfTheService = {
  "HTML of a proxy": () => new Response("<h1>Sign in to the proxy</h1>", { status: 401 }),
  "JSON of a gateway": () => Response.json({ code: "REFRESH_TOKEN_INVALID" }, { status: 401 }),
  "a code of no refresh": () => refusal(401, "TOKEN_REQUIRED"),
};
for (const [name, respond] of Object.entries(notOfTheService)) {
  test(`a 401 that is ${name} ends no session`, async () => {
    const fake = service({ life: 0 });
    const storage = sharedStorage();
    const client = await signedIn(fake, { storage });
    const changes = [];
    client.onSessionChange((change) => changes.push(change));
    const { [REFRESH]: refresh } = fake.routes;
    fake.routes[REFRESH] = respond;
    assert.equal((await client.me()).ok, false);
    assert.deepEqual(changes, []);
    fake.routes[REFRESH] = refresh;
    assert.equal((await client.me()).ok, true);
    client.close();
  });
}

test("a logout that a proxy refuses leaves the session open; one that the service refuses ends it", async () => {
  const fake = service();
  const client = await signedIn(fake);
  fake.routes["POST /auth/logout"] = () => new Response("<h1>Sign in to the proxy</h1>", { status: 401 });
  assert.equal((await client.logout()).error.code, "UNEXPECTED_ANSWER");
  assert.equal((await client.me()).ok, true);
  fake.routes["POST /auth/logout"] = () => refusal(401, "REFRESH_TOKEN_INVALID");
  assert.equal((await client.logout()).ok, true);
  assert.equal((await client.me()).error.code, "TOKEN_REQUIRED");
});

test("a refused refresh uses the tokens that another tab has stored meanwhile", async () => {
  const fake = service({ life: 0 });
  const storage = sharedStorage();
  const client = await signedIn(fake, { storage });
  const changes = [];
  client.onSessionChange((change) => changes.push(change));
  fake.routes[REFRESH] = () => {
    const kept = { ...JSON.parse(storage.getItem("auth:http://auth.test")), id: "of the other tab" };
    storage.setItem("auth:http://auth.test", JSON.stringify({ ...kept, expires: Date.now() + 600_000 }));
    return refusal(401, "REFRESH_TOKEN_INVALID");
  };
  assert.equal((await client.me()).ok, true);
  assert.equal(fake.count(REFRESH), 1);
  assert.deepEqual(changes, []);
  client.close();
});

test("a tab that hears late of a logout stays signed in if there is a session again", async () => {
  const fake = service();
  const storage = sharedStorage();
  const client = await signedIn(fake, { storage });
  const changes = [];
  client.onSessionChange((change) => changes.push(change));
  const other = new BroadcastChannel("auth:http://auth.test");
  mock.timers.enable({ apis: ["setTimeout"] });
  try {
    other.postMessage({ reason: "signed_out" });
    for (let tick = 0; tick < 400 && !fake.count("GET /auth/me"); tick++) {
      await new Promise(setImmediate);
      mock.timers.tick(50);
    }
  } finally {
    mock.timers.reset();
  }
  assert.equal(fake.count("GET /auth/me"), 1, "it asks who is signed in");
  assert.deepEqual(changes, []);
  other.close();
  client.close();
});

test("neither a full storage nor a listener that throws breaks a login or a refresh", async (t) => {
  const { mock: logged } = t.mock.method(console, "error", () => {});
  const fake = service({ life: 0 });
  const full = () => {
    throw new DOMException("full", "QuotaExceededError");
  };
  const storage = { getItem: () => null, setItem: full, removeItem: full };
  const client = createAuthClient({ baseUrl: "http://auth.test", transport: "bearer", fetch: fake.fetch, storage });
  const changes = [];
  client.onSessionChange(() => {
    throw new Error("a listener");
  });
  client.onSessionChange((change) => changes.push(change));
  assert.equal((await client.login(credentials)).status, "signed_in");
  assert.deepEqual(changes, [{ user, reason: "signed_in" }]);
  assert.equal(logged.callCount(), 1);
  assert.equal((await client.me()).ok, true);
  assert.equal(fake.calls.at(-1).token, "access-2");
  assert.equal((await client.logout()).ok, true);
  assert.equal((await client.me()).error.code, "TOKEN_REQUIRED");
  client.close();
});
