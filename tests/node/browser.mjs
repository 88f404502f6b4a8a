// What web pages do, in a headless Chromium.
//
//   node browser.mjs SCENARIO CONFIGURATION
//
// The configuration is JSON: {server, page, stranger, name, password}: the service, a page of an allowed origin, one of
// an origin that is not allowed, and a user. Ends with 0 when all went as it should.

import assert from "node:assert/strict";
import { chromium } from "playwright-core";

const [scenario, configuration] = process.argv.slice(2);
const { server, page: allowed, stranger, name, password } = JSON.parse(configuration);

// Chromium's own sandbox does not start for root; the pages are ours.
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
const context = await browser.newContext();

async function open(url) {
  const tab = await context.newPage();
  await tab.goto(url);
  return tab;
}

// A request by a page's script; answers status and code, or the error of a request that could not be made or read.
function call(tab, method, path, body, options = {}) {
  const request = { url: server + path, method, body, options };
  return tab.evaluate(async ({ url, method, body, options }) => {
    const headers = body === undefined ? {} : { "Content-Type": "application/json" };
    const json = body === undefined ? undefined : JSON.stringify(body);
    try {
      const answer = await fetch(url, { method, headers, body: json, credentials: "include", ...options });
      const { code, data } = answer.type === "opaque" ? {} : await answer.json();
      return { status: answer.status, code, data };
    } catch (error) {
      return { error: error.name };
    }
  }, request);
}

async function expect(tab, method, path, body, status, code) {
  const answer = await call(tab, method, path, body);
  assert.deepEqual([answer.status, answer.code], [status, code], `${method} ${path}: ${JSON.stringify(answer)}`);
  return answer.data;
}

// Cookies know no ports: those of other services here are left out.
async function ours() {
  const all = await context.cookies(server);
  return all.filter((cookie) => cookie.name.startsWith("__Host-auth-"));
}

async function cookies() {
  const all = await ours();
  return all.map((cookie) => cookie.name.replace("__Host-auth-", "")).sort();
}

const login = (tab) => expect(tab, "POST", "/auth/login", { username: name, password }, 200, "USER_LOGGED_IN");
const me = (tab) => expect(tab, "GET", "/auth/me", undefined, 200, "USER_FETCHED");

// A page of the service itself, or of another origin, that lives by cookies alone.
async function live(home) {
  const [first, second] = [await open(home), await open(home)];
  await expect(first, "GET", "/auth/me", undefined, 401, "TOKEN_REQUIRED");
  await login(first);
  assert.deepEqual(await cookies(), ["access", "refresh"]);
  for (const cookie of await ours()) {
    assert.ok(cookie.httpOnly && cookie.secure && cookie.sameSite === "Lax" && cookie.path === "/", cookie.name);
  }
  assert.equal(await first.evaluate(() => document.cookie), "", "no script sees them");
  const { user } = await me(second);
  assert.equal(user.username, name);

  // Two tabs refresh at once, again and again: nobody is logged out, no cookie is wiped.
  for (let round = 0; round < 10; round += 1) {
    const refresh = (tab) => expect(tab, "POST", "/auth/refresh", undefined, 200, "TOKEN_REFRESHED");
    await Promise.all([refresh(first), refresh(second)]);
    assert.deepEqual(await cookies(), ["access", "refresh"]);
    await Promise.all([me(first), me(second)]);
  }
  // The access token runs out, as after ten minutes; the refresh token brings another.
  await context.clearCookies({ name: "__Host-auth-access" });
  await expect(second, "GET", "/auth/me", undefined, 401, "TOKEN_REQUIRED");
  await expect(second, "POST", "/auth/refresh", {}, 200, "TOKEN_REFRESHED");
  await me(first);
  // No script sees a token: not in the answer to a cookie, nor in that of a login that asks for cookies.
  const asking = { headers: { "Content-Type": "application/json", "X-Auth-Transport": "cookie" } };
  const credentials = { username: name, password };
  for (const [path, body, options] of [["/auth/refresh", {}, undefined], ["/auth/login", credentials, asking]]) {
    const { data } = await call(first, "POST", path, body, options);
    assert.deepEqual(Object.keys(data.tokens).sort(), ["expiresIn", "refreshExpiresIn", "tokenType"], path);
  }
  // What is refused wipes nothing.
  await expect(first, "POST", "/auth/refresh", { token: "rt1.wrong" }, 401, "REFRESH_TOKEN_INVALID");
  await expect(first, "POST", "/auth/login", { username: name, password: "wrong password" }, 400, "INVALID_PASSWORD");
  assert.deepEqual(await cookies(), ["access", "refresh"]);
  await me(second);

  await expect(first, "POST", "/auth/logout", undefined, 200, "USER_LOGGED_OUT");
  assert.deepEqual(await cookies(), []);
  await expect(second, "GET", "/auth/me", undefined, 401, "TOKEN_REQUIRED");
  await expect(second, "POST", "/auth/refresh", undefined, 401, "REFRESH_TOKEN_REQUIRED");
}

// A page that posts a form to the service; answers the code that the browser shows.
async function postForm(tab, path, type) {
  await tab.evaluate(([action, enctype]) => {
    const form = document.createElement("form");
    Object.assign(form, { action, enctype, method: "post" });
    form.innerHTML = `<input name='{"token":"x","x":"' value='"}'>`;
    document.body.append(form);
    form.submit();
  }, [server + path, type]);
  await tab.waitForURL(server + path);
  return JSON.parse(await tab.textContent("body")).code;
}

const scenarios = {
  async same_origin() {
    await live(`${server}/auth/doc/`);
  },

  async allowed_origin() {
    await live(allowed);
    const tab = await open(allowed);
    const { tokens } = await login(tab);
    await context.clearCookies();
    const headers = { Authorization: `Bearer ${tokens.accessToken}` };
    const answer = await call(tab, "GET", "/auth/me", undefined, { headers, credentials: "omit" });
    assert.equal(answer.code, "USER_FETCHED", "a header, which needs a preflight");
  },

  // Of another site, to which browsers send no Lax cookie, and of the same site, to which they do.
  async strangers() {
    const own = await open(`${server}/auth/doc/`);
    await login(own);
    for (const home of [stranger, stranger.replace("127.0.0.1", "localhost")]) {
      const tab = await open(home);
      for (const [method, path] of [["GET", "/auth/me"], ["POST", "/auth/refresh"], ["DELETE", "/auth/delete"]]) {
        assert.deepEqual(await call(tab, method, path), { error: "TypeError" }, `${home} ${method} ${path}`);
      }
      for (const path of ["/auth/logout-all", "/auth/refresh", "/auth/delete"]) {
        await call(tab, "POST", path, undefined, { mode: "no-cors" });
      }
      for (const type of ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain"]) {
        for (const path of ["/auth/logout-all", "/auth/logout", "/auth/refresh", "/auth/login"]) {
          const fresh = await open(home);
          assert.equal(await postForm(fresh, path, type), "CROSS_SITE_REQUEST", `${home} ${path} ${type}`);
          await fresh.close();
        }
      }
    }
    assert.deepEqual(await cookies(), ["access", "refresh"]);
    await me(own);
  },

  // Signs in at the provider's own login page; `name` is whoever signs in there.
  async sign_in() {
    const tab = await open(`${server}/auth/google/authorize`);
    await atProvider(tab);
    const answer = JSON.parse(await tab.textContent("body"));
    console.log(JSON.stringify(answer));
    const { username, email } = answer.data.user;
    assert.deepEqual([username, email], [null, `${name}@example.org`]);
  },

  // The same for a page of an allowed origin, which the browser comes back to.
  async sign_in_from_page() {
    const tab = await open(allowed);
    const target = `${allowed}/in?from=auth`;
    const start = `${server}/auth/google/authorize?redirect=${encodeURIComponent(target)}`;
    await tab.goto(start);
    await atProvider(tab);
    assert.equal(tab.url(), target);
    assert.deepEqual(await cookies(), ["access", "authorization", "refresh"]);
    const { user } = await me(tab);
    assert.deepEqual(user.linkedProviders, ["google"]);
    await expect(tab, "POST", "/auth/refresh", undefined, 200, "TOKEN_REFRESHED");
    await expect(tab, "POST", "/auth/logout", undefined, 200, "USER_LOGGED_OUT");

    // Whoever does not agree comes back too, and is told why.
    await context.clearCookies();
    await tab.goto(start);
    await tab.getByText("[ Cancel ]").click();
    await tab.waitForURL(`${target}&error=AUTH_CODE_REQUIRED`);
    assert.ok(!(await cookies()).includes("access"));
  },

  // Somebody has us open the end of a sign-in that they began: nobody is logged in as them.
  async foreign_sign_in() {
    // Begun as a browser does, and as a client without cookies does.
    for (const accept of ["text/html", "application/json"]) {
      const theirs = await browser.newContext();
      const start = await theirs.request.get(`${server}/auth/google/authorize`, { headers: { accept }, maxRedirects: 0 });
      const url = start.status() === 302 ? start.headers().location : (await start.json()).data.authorizationUrl;
      const tab = await theirs.newPage();
      await tab.goto(url);
      await logInAtProvider(tab);
      const action = new URL(await tab.locator("form").first().getAttribute("action"), tab.url()).href;
      let answer = await theirs.request.post(action, { form: { prompt: "consent" }, maxRedirects: 0 });
      while (!answer.headers().location.startsWith(server)) {
        answer = await theirs.request.get(answer.headers().location, { maxRedirects: 0 });
      }
      const victim = await open(answer.headers().location);
      const { code } = JSON.parse(await victim.textContent("body"));
      assert.equal(code, accept === "text/html" ? "OAUTH_STATE_INVALID" : "USER_REGISTERED");
      assert.deepEqual(await cookies(), []);
      await theirs.close();
    }
  },
};

// The login page of oidc-provider.
async function logInAtProvider(tab) {
  await tab.getByPlaceholder("Enter any login").fill(name);
  await tab.getByPlaceholder("and password").fill("any");
  await tab.getByRole("button", { name: "Sign-in" }).click();
  await tab.getByRole("button", { name: "Continue" }).waitFor();
}

// And its page of consent.
async function atProvider(tab) {
  await logInAtProvider(tab);
  await tab.getByRole("button", { name: "Continue" }).click();
  await tab.waitForURL((url) => !url.pathname.startsWith("/interaction"));
}

await scenarios[scenario]();
await browser.close();
