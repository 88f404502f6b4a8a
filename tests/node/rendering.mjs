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
const { sessionOf } = await vite.ssrLoadModule("/server/session.ts");
const { handle } = await vite.ssrLoadModule("/server/hooks.server.ts");

const request = (cookie) => new Request("http://site.example/", { headers: { cookie, "user-agent": "a browser" } });
const names = (lines) => lines.map((line) => line.split("=")[0]).sort();
const both = ["__Host-auth-access", "__Host-auth-refresh"];
const address = "203.0.113.7";

assert.deepEqual(await sessionOf(request("theme=dark"), address), { user: null, cookies: [] });
assert.deepEqual(await sessionOf(request("__Host-auth-access=x"), address), { user: null, cookies: [] });
const known = await sessionOf(request(`__Host-auth-access=${access}; __Host-auth-refresh=${refresh}`), address);
assert.equal(known.user.email, "ann@example.org");
assert.deepEqual(known.cookies, []);

// The access cookie has expired: the session is refreshed, and the browser gets the new cookies.
const renewed = await sessionOf(request(`__Host-auth-refresh=${refresh}`), address);
assert.equal(renewed.user.email, "ann@example.org");
assert.deepEqual(names(renewed.cookies), both);
assert.ok(renewed.cookies.every((line) => line.includes("HttpOnly")));

// The same as a hook of SvelteKit, for the browser's second request at the same moment.
const event = { request: request(`__Host-auth-refresh=${refresh}`), getClientAddress: () => address, locals: {} };
const answer = await handle({ event, resolve: async () => new Response("a page") });
assert.equal(event.locals.user.email, "ann@example.org");
assert.deepEqual(names(answer.headers.getSetCookie()), both);
assert.equal(await answer.text(), "a page");
await vite.close();
