// Runs what examples/front-end/server has for servers that render pages, without their frameworks.
//
//   node rendering.mjs EXAMPLES ACCESS REFRESH   (the values of the two cookies of a session of ann@example.org)
//
// SERVICE_URL and ORIGIN are as for a real one. Ends with 0 when all went as it should.

import assert from "node:assert/strict";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [examples, access, refresh] = process.argv.slice(2);
const { createServer } = await import(pathToFileURL(join(examples, "node_modules/vite/dist/node/index.js")));
const root = join(examples, "front-end");
const vite = await createServer({ root, configFile: false, appType: "custom", server: { middlewareMode: true, ws: false } });
const { again, sessionOf } = await vite.ssrLoadModule("/server/session.ts");
const { handle } = await vite.ssrLoadModule("/server/hooks.server.ts");

const request = (cookie, headers = {}) =>
  new Request("http://site.example//notes?x=1", { headers: { cookie, "user-agent": "a browser", ...headers } });
const names = (lines) => lines.map((line) => line.split("=")[0]).sort();
const both = ["__Host-auth-access", "__Host-auth-refresh"];
const address = "203.0.113.7";

assert.deepEqual(await sessionOf(request("theme=dark"), address), { user: null, cookies: [] });
assert.deepEqual(await sessionOf(request("__Host-auth-access=x"), address), { user: null, cookies: [] });
const known = await sessionOf(request(`__Host-auth-access=${access}; __Host-auth-refresh=${refresh}`), address);
assert.equal(known.user.email, "ann@example.org");
assert.deepEqual(known.cookies, []);

// The access cookie has expired: the session is refreshed, unless the browser only prefetches the page.
const prefetch = { "sec-purpose": "prefetch;prerender" };
assert.deepEqual(await sessionOf(request(`__Host-auth-refresh=${refresh}`, prefetch), address), { user: null, cookies: [] });
const renewed = await sessionOf(request(`__Host-auth-refresh=${refresh}`), address);
assert.equal(renewed.user, null, "the new token has not been used");
assert.deepEqual(names(renewed.cookies), both);
assert.ok(renewed.cookies.every((line) => line.includes("HttpOnly")));

// The browser is sent to the same page of the same site with its new cookies.
const redirect = again(request(""), renewed.cookies);
assert.deepEqual([redirect.status, redirect.headers.get("location")], [307, "/notes?x=1"]);
assert.deepEqual(names(redirect.headers.getSetCookie()), both);

// The same as a hook of SvelteKit, for the browser's second request at the same moment, and for the one that follows.
const visit = async (cookie) => {
  const event = { request: request(cookie), getClientAddress: () => address, locals: {} };
  const answer = await handle({ event, resolve: async () => new Response("a page") });
  return { answer, user: event.locals.user };
};
const first = await visit(`__Host-auth-refresh=${refresh}`);
assert.equal(first.answer.status, 307);
const cookies = first.answer.headers.getSetCookie();
assert.deepEqual(names(cookies), both);
const second = await visit(cookies.map((line) => line.split(";")[0]).join("; "));
assert.equal(second.user.email, "ann@example.org");
assert.equal(await second.answer.text(), "a page");
assert.deepEqual(second.answer.headers.getSetCookie(), []);
await vite.close();
