import assert from "node:assert/strict";
import { test } from "node:test";
import { createServerClient } from "../../dist/server.js";
import { newName, password, url } from "../live-service.mjs";

/** A browser: its cookies, and the requests that it makes of a rendering server. */
function browser() {
  const cookies = new Map();
  const setCookie = (header) => {
    const [name, value] = header.split(";")[0].split(/=(.*)/);
    if (/max-age=0/i.test(header)) cookies.delete(name);
    else cookies.set(name, value);
  };
  const request = (headers = { "sec-fetch-site": "same-origin" }, options = { setCookie }) => {
    const cookie = [...cookies].map((pair) => pair.join("=")).join("; ");
    const all = new Headers({ cookie, "user-agent": "Test/1", ...headers });
    return createServerClient({ baseUrl: url, headers: all, ...options });
  };
  return { cookies, request };
}

async function signedIn() {
  const user = browser();
  const username = newName();
  await user.request().register({ username, email: `${username}@example.org`, password });
  assert.equal((await user.request().login({ username, password })).status, "signed_in");
  assert.deepEqual([...user.cookies.keys()].sort(), ["__Host-auth-access", "__Host-auth-refresh"]);
  return { ...user, username };
}

test("a rendering server acts for its browser, whose cookies it passes on", async () => {
  const { cookies, request, username } = await signedIn();
  assert.equal((await request().me()).data.username, username);
  const evil = { origin: "https://evil.example", "sec-fetch-site": "cross-site" };
  assert.equal((await request(evil).logout()).error.code, "CROSS_SITE_REQUEST");
  assert.equal((await request({}).logoutAll()).error.code, "CROSS_SITE_REQUEST", "a request that says nothing");
  assert.equal((await request().logout()).ok, true);
  assert.deepEqual([...cookies.keys()], []);
  assert.equal((await request().me()).error.code, "TOKEN_REQUIRED");
});

test("a page whose access token has expired is rendered after a refresh, where cookies can be set", async () => {
  const { cookies, request, username } = await signedIn();
  const refreshToken = cookies.get("__Host-auth-refresh");
  // As a browser does when its time has come.
  cookies.delete("__Host-auth-access");
  assert.equal((await request(undefined, {}).me()).error.code, "TOKEN_REQUIRED", "not where they cannot");
  assert.equal(cookies.get("__Host-auth-refresh"), refreshToken);
  // By a link on another site.
  assert.equal((await request({ "sec-fetch-site": "cross-site" }).me()).data.username, username);
  assert.notEqual(cookies.get("__Host-auth-refresh"), refreshToken);
  assert.ok(cookies.has("__Host-auth-access"));
});

test("requests that a browser makes at once refresh at once, and nobody is logged out", async () => {
  const { cookies, request } = await signedIn();
  for (let round = 0; round < 5; round++) {
    cookies.delete("__Host-auth-access");
    const answers = await Promise.all([request(), request(), request()].map((auth) => auth.me()));
    assert.deepEqual(
      answers.map(({ ok }) => ok),
      [true, true, true],
    );
  }
});
