// A site whose pages use the client, with the service on the same origin, as behind a proxy. Can lose responses.
import { readFile } from "node:fs/promises";
import http from "node:http";
import { after } from "node:test";
import { chromium } from "playwright-core";
import { newName, password } from "../live-service.mjs";

// Chromium's own sandbox does not start for root; the pages are ours.
const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
after(() => browser.close());

const DIST = new URL("../../dist/", import.meta.url);
const PAGE = `<!doctype html><title>a page</title><script type="module">
  import { createAuthClient } from "/client/index.js";
  const transport = new URLSearchParams(location.search).get("transport");
  window.changes = [];
  window.auth = createAuthClient({ baseUrl: "/", transport });
  auth.onSessionChange((change) => changes.push(change));
</script>`;

// In each page: `skew` moves its clock.
const CLOCK = "{ const now = Date.now; window.skew = 0; Date.now = () => now() + window.skew; }";
const NO_LOCKS = 'Object.defineProperty(navigator, "locks", { value: undefined });';

async function startSite(service) {
  const site = { refreshes: 0, lose: 0 };
  const server = http.createServer(async (request, response) => {
    // On a connection that it used before, Chromium itself sends a request again whose answer is lost.
    response.shouldKeepAlive = false;
    const { pathname } = new URL(request.url, "http://page");
    if (/^\/(auth|2fa)\//.test(pathname)) return pass(site, service, request, response);
    const script = pathname.startsWith("/client/");
    const body = script ? await readFile(new URL(pathname.slice("/client/".length), DIST)) : PAGE;
    return response.writeHead(200, { "Content-Type": script ? "text/javascript" : "text/html" }).end(body);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  site.url = `http://127.0.0.1:${server.address().port}`;
  site.close = () => server.close();
  return site;
}

function pass(site, service, request, response) {
  const isRefresh = request.url === "/auth/refresh";
  const { method, headers } = request;
  const upstream = http.request(service + request.url, { method, headers }, async (answer) => {
    const body = Buffer.concat(await answer.toArray());
    if (isRefresh) site.refreshes += 1;
    if (isRefresh && site.lose > 0) {
      site.lose -= 1;
      request.socket.destroy();
    } else {
      response.writeHead(answer.statusCode, answer.rawHeaders).end(body);
    }
  });
  upstream.on("error", () => request.socket.destroy());
  request.pipe(upstream);
}

/** Runs `scenario` with tabs of one browser at a site in front of that service. */
export async function withTabs({ service, transport, locks = true }, scenario) {
  const site = await startSite(service);
  const context = await browser.newContext();
  try {
    await context.addInitScript(CLOCK + (locks ? "" : NO_LOCKS));
    const open = async () => {
      const tab = await context.newPage();
      await tab.goto(`${site.url}/?transport=${transport}`);
      await tab.waitForFunction("window.auth");
      return tab;
    };
    const [first, second] = [await open(), await open()];
    const credentials = await first.evaluate(
      async ([username, password]) => {
        const email = `${username}@example.org`;
        await auth.register({ username, email, password });
        const { status, error } = await auth.login({ username, password });
        if (status !== "signed_in") throw new Error(error?.code ?? status);
        return { username, password };
      },
      [newName(), password],
    );
    await told(second, "signed_in");
    await scenario({ site, context, open, first, second, credentials });
  } finally {
    await context.close();
    site.close();
  }
}

/** What `auth.me()` answers in a tab: `ok`, or the code of its error. */
export const me = (tab) =>
  tab.evaluate(async () => {
    const answer = await auth.me();
    return answer.ok ? "ok" : answer.error.code;
  });

/** Moves the clock of the machine that these tabs run on. */
export const moveClock = (milliseconds, ...tabs) =>
  Promise.all(
    tabs.map((tab) =>
      tab.evaluate((by) => {
        window.skew += by;
      }, milliseconds),
    ),
  );

/** Waits until the tab was told of a change for this reason. */
export const told = (tab, reason) =>
  tab.waitForFunction((expected) => window.changes.at(-1)?.reason === expected, reason);
