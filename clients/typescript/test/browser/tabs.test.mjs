import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { SHORT_LIFE, shortUrl, url } from "../live-service.mjs";
import { me, moveClock, told, withTabs } from "./site.mjs";

const timeout = 120_000;
/** An access token lives for ten minutes: after this time it is replaced, and good yet. */
const NEARLY_EXPIRED = 545_000;
const EXPIRED = 605_000;
const both = (...tabs) => Promise.all(tabs.map(me));

for (const transport of ["cookie", "bearer"]) {
  // Now and then a tab sees too late what the other one got; the service answers both the same.
  test(`${transport}: two tabs that refresh at once do so together`, { timeout }, () =>
    withTabs({ service: url, transport }, async ({ site, first, second }) => {
      const rounds = 8;
      for (let round = 1; round <= rounds; round++) {
        await moveClock(NEARLY_EXPIRED, first, second);
        assert.deepEqual(await both(first, second, first, second), ["ok", "ok", "ok", "ok"]);
      }
      assert.ok(site.refreshes >= rounds && site.refreshes < 2 * rounds, `${site.refreshes} refreshes`);
    }),
  );

  test(`${transport}: two tabs without Web Locks log nobody out`, { timeout }, () =>
    withTabs({ service: url, transport, locks: false }, async ({ site, first, second }) => {
      for (let round = 1; round <= 5; round++) {
        await moveClock(NEARLY_EXPIRED, first, second);
        assert.deepEqual(await both(first, second), ["ok", "ok"]);
      }
      assert.ok(site.refreshes >= 5);
      assert.deepEqual(await second.evaluate(() => changes.map(({ reason }) => reason)), ["signed_in"]);
    }),
  );

  test(`${transport}: a tab that slept goes on with what the other one got`, { timeout }, () =>
    withTabs({ service: shortUrl, transport }, async ({ context, first, second }) => {
      const sleeper = await context.newCDPSession(second);
      await sleeper.send("Page.setWebLifecycleState", { state: "frozen" });
      for (let round = 0; round < 2; round++) {
        await sleep(SHORT_LIFE);
        assert.equal(await me(first), "ok");
      }
      await sleep(SHORT_LIFE);
      await sleeper.send("Page.setWebLifecycleState", { state: "active" });
      assert.deepEqual(await both(second, first), ["ok", "ok"]);
    }),
  );

  test(`${transport}: a lost answer to a refresh is asked for again`, { timeout }, () =>
    withTabs({ service: url, transport }, async ({ site, first, second }) => {
      site.lose = 1;
      await moveClock(EXPIRED, first, second);
      assert.deepEqual(await both(first, second), ["ok", "ok"]);
      assert.equal(site.refreshes, 2);
    }),
  );

  test(`${transport}: when every answer is lost the session lives on`, { timeout }, () =>
    withTabs({ service: url, transport }, async ({ site, first, second }) => {
      site.lose = Infinity;
      await moveClock(EXPIRED, first, second);
      assert.equal(await me(first), "NETWORK_ERROR");
      assert.equal(site.refreshes, 3);
      site.lose = 0;
      assert.deepEqual(await both(second, first), ["ok", "ok"]);
      assert.deepEqual(await first.evaluate(() => changes.map(({ reason }) => reason)), ["signed_in"]);
    }),
  );

  test(`${transport}: offline nobody is logged out`, { timeout }, () =>
    withTabs({ service: url, transport }, async ({ context, first, second }) => {
      await context.setOffline(true);
      assert.equal(await me(first), "NETWORK_ERROR");
      await moveClock(EXPIRED, first, second);
      assert.equal(await me(second), "NETWORK_ERROR");
      await context.setOffline(false);
      assert.deepEqual(await both(first, second), ["ok", "ok"]);
    }),
  );

  test(`${transport}: a logout and a login are told to the other tab`, { timeout }, () =>
    withTabs({ service: url, transport }, async ({ first, second, credentials }) => {
      await first.evaluate(() => auth.logout());
      await told(second, "signed_out");
      assert.equal(await me(second), "TOKEN_REQUIRED");
      await first.evaluate((body) => auth.login(body), credentials);
      await told(second, "signed_in");
      const { user } = await second.evaluate(() => changes.at(-1));
      assert.equal(user.username, credentials.username);
    }),
  );

  for (const skew of [-30_000, 30_000]) {
    test(`${transport}: a clock that is ${skew / 1000} s off, or set so meanwhile, changes nothing`, { timeout }, () =>
      withTabs({ service: shortUrl, transport }, async ({ first, second, open }) => {
        await moveClock(skew, first, second);
        await sleep(SHORT_LIFE);
        assert.deepEqual(await both(first, second), ["ok", "ok"]);
        await sleep(SHORT_LIFE);
        assert.deepEqual(await both(first, second), ["ok", "ok"]);
        assert.equal(await me(await open()), "ok", "a tab whose clock is right");
      }),
    );
  }
}

test("cookie: no script can read a token", { timeout }, () =>
  withTabs({ service: url, transport: "cookie" }, async ({ context, first, second }) => {
    await moveClock(EXPIRED, first, second);
    assert.equal(await me(first), "ok");
    const cookies = (await context.cookies()).filter(({ name }) => name.startsWith("__Host-auth-"));
    assert.equal(cookies.length, 2);
    assert.ok(cookies.every(({ httpOnly, secure }) => httpOnly && secure));
    const visible = await first.evaluate(
      () => document.cookie + JSON.stringify({ ...localStorage, ...sessionStorage }),
    );
    for (const { value } of cookies) assert.ok(!visible.includes(value));
    assert.doesNotMatch(visible, /rt1\.|eyJ/);
  }),
);

test("bearer: a page that is loaded again is signed in, and brings the token to fetch", { timeout }, () =>
  withTabs({ service: url, transport: "bearer" }, async ({ first }) => {
    await first.reload();
    await first.waitForFunction("window.auth");
    assert.equal(await me(first), "ok");
    assert.equal(await first.evaluate(async () => (await (await auth.fetch("/auth/me")).json()).code), "USER_FETCHED");
    const error = await first.evaluate(() => auth.fetch("http://localhost:1/").catch(String));
    assert.match(error, /not in `services`/);
  }),
);
