// A running service, which whoever starts these tests has started (tests/black_box/account_pages.rs does):
//   AUTH_TEST_URL   with AUTH_PAGES=on, and the origin of AUTH_TEST_APP allowed
//   AUTH_TEST_MAIL  the folder with its mails
//   AUTH_TEST_APP   a page of another origin, where a sign-in may end
//   AUTH_TEST_ADMIN the name of a user with the role admin
//   AUTH_TEST_BROWSER   chromium (the default) or firefox
//   AUTH_TEST_PROVIDER  the issuer of its provider google, tests/node/openid_provider.mjs
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { after } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { chromium, firefox } from "playwright-core";

const setting = (name) => process.env[name] ?? assert.fail(`${name} says where the service is`);

export const url = setting("AUTH_TEST_URL");
export const app = setting("AUTH_TEST_APP");
export const provider = setting("AUTH_TEST_PROVIDER");
export const pages = `${url}/account/`;
export const adminPages = `${url}/admin/`;
export const adminName = setting("AUTH_TEST_ADMIN");
export const password = "correct horse battery staple";

let number = 0;
/** A name that nobody has yet. */
export const newName = () => `user-${process.pid}-${Date.now() % 1e8}-${(number += 1)}`.slice(-30);

/** Waits for what `pattern` finds in the text of a mail of that kind to that address; `number` says in the how manieth. */
export async function mailed(kind, to, pattern, number = 1) {
  const folder = setting("AUTH_TEST_MAIL");
  for (let tries = 0; tries < 500; tries++) {
    const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith(".eml")).sort();
    const mails = await Promise.all(names.map((name) => readFile(`${folder}/${name}`, "utf8")));
    // Long lines are broken (RFC 2045 section 6.7).
    const whole = mails.map((mail) => mail.replaceAll("=\r\n", "").replaceAll("=3D", "="));
    const ours = whole.filter((mail) => mail.includes(`X-Auth-Mail: ${kind}`) && mail.includes(`To: ${to}`));
    const found = ours[number - 1]?.split("text/html")[0].match(pattern)?.[1];
    if (found) return found;
    await sleep(40);
  }
  return assert.fail(`no mail ${number} of kind ${kind} to ${to}`);
}

/** Waits for the code in the mail of that kind to that address; `number` says how many there must be. */
export const mailedCode = (kind, to, number) => mailed(kind, to, /^(\d{6})\r?$/m, number);

const decodeBase32 = (text) => {
  let bits = "";
  for (const character of text)
    bits += "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(character).toString(2).padStart(5, "0");
  return Buffer.from(bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)));
};

/** The code (RFC 6238) of an app, `offset` steps of 30 s from now; each is taken once. */
export async function appCode(secret, offset = 0) {
  const left = 30_000 - (Date.now() % 30_000);
  if (left < 5_000) await sleep(left + 100);
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + offset));
  const digest = createHmac("sha1", decodeBase32(secret)).update(counter).digest();
  return String((digest.readUInt32BE(digest.at(-1) & 15) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

export const inFirefox = process.env.AUTH_TEST_BROWSER === "firefox";
const downloads = await mkdtemp(`${tmpdir()}/downloads-`);
// Chromium's own sandbox does not start for root; the pages are ours. Firefox is Debian's, driven by WebDriver BiDi.
export const browser = await (inFirefox
  ? firefox.launch({ executablePath: process.env.FIREFOX ?? "/usr/bin/firefox-esr", channel: "moz-firefox", downloadsPath: downloads })
  : chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] }));
after(async () => {
  await browser.close();
  await rm(downloads, { recursive: true });
});

const axe = await readFile(new URL("../../node_modules/axe-core/axe.min.js", import.meta.url), "utf8");

/** Fails for what axe finds on the page as it is. Playwright evaluates past the policy of the page. */
export async function isAccessible(tab, name) {
  // Colours that are still changing have another contrast.
  await tab.evaluate(() => Promise.allSettled(document.getAnimations().map((animation) => animation.finished)));
  await tab.evaluate(axe);
  const { violations } = await tab.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
  assert.deepEqual(found, [], name);
  audited += 1;
}

/** How often `isAccessible` was asked. */
export let audited = 0;

/** By WebDriver BiDi, Playwright adds to what is in a field instead of replacing it. */
function replaceWhatIsThere(tab) {
  const locators = Object.getPrototypeOf(tab.locator("html"));
  const { fill } = locators;
  if (fill.name === "fillEmptied") return;
  locators.fill = async function fillEmptied(text, options) {
    await fill.call(this, "", options);
    await fill.call(this, text, options);
  };
}

/**
 * Runs a scenario in a browser of its own. It fails if the policy of a page was violated, a script failed, or a request
 * went to another origin than the service, `app` and `provider`.
 */
export async function withBrowser(scenario, options = {}) {
  const context = await browser.newContext({ locale: "en-GB", ...options });
  const violations = [];
  const foreign = [];
  context.on("console", (message) => {
    if (/Content Security Policy|TrustedHTML|Trusted Type/i.test(message.text())) violations.push(message.text());
  });
  context.on("weberror", (error) => violations.push(String(error.error())));
  context.on("request", (request) => {
    const { origin, protocol } = new URL(request.url());
    if (protocol.startsWith("http") && ![url, app, provider].includes(origin)) foreign.push(request.url());
  });
  context.setDefaultTimeout(15_000);
  try {
    const tab = await context.newPage();
    if (inFirefox) replaceWhatIsThere(tab);
    await scenario({ context, tab });
    assert.deepEqual(violations, [], "violations of the policy, and errors of scripts");
    assert.deepEqual(foreign, [], "requests to other origins");
  } finally {
    await context.close();
  }
}

/** The name and the text of the file that `click` downloads. */
export async function downloaded(tab, click) {
  if (!inFirefox) {
    const [download] = await Promise.all([tab.waitForEvent("download"), click()]);
    return { name: download.suggestedFilename(), text: await readFile(await download.path(), "utf8") };
  }
  // It reports no download of what a page made itself (a blob).
  await click();
  for (let tries = 0; tries < 300; tries++) {
    const [name] = (await readdir(downloads)).filter((name) => !name.endsWith(".part"));
    const text = name ? await readFile(`${downloads}/${name}`, "utf8") : "";
    if (text) {
      await rm(`${downloads}/${name}`);
      return { name, text };
    }
    await sleep(50);
  }
  return assert.fail("nothing was downloaded");
}

/** Calls the API. */
export async function api(method, path, { body, token } = {}) {
  const headers = { "Content-Type": "application/json", ...(token ? { Authorization: `Bearer ${token}` } : {}) };
  const answer = await fetch(url + path, { method, headers, body: body ? JSON.stringify(body) : null });
  return { status: answer.status, ...(await answer.json()) };
}

/** Registers a user by the API. */
export async function registered(name = newName(), email = `${name}@example.org`) {
  const body = JSON.stringify({ username: name, email, password });
  const answer = await fetch(`${url}/auth/register`, { method: "POST", headers: { "Content-Type": "application/json" }, body });
  assert.equal(answer.status, 201, await answer.text());
  return { name, email };
}

export const button = (tab, name) => tab.getByRole("button", { name, exact: true });
export const heading = (tab, name) => tab.getByRole("heading", { name, exact: true }).waitFor();
/** The section of the account page with that heading. */
export const section = (tab, name) => tab.getByRole("region", { name, exact: true });

export async function signIn(tab, name, word = password) {
  await tab.getByLabel("E-mail address or username").fill(name);
  await tab.getByLabel("Password", { exact: true }).fill(word);
  await button(tab, "Sign in").click();
}

/** Types the password into the dialog that asks for a fresh login. */
export async function confirmFresh(tab) {
  const dialog = tab.getByRole("dialog");
  await dialog.getByLabel("Password", { exact: true }).fill(password);
  await button(dialog, "Continue").click();
}

/** Signs in at the provider's own login page. */
export async function atProvider(tab, name) {
  await tab.getByPlaceholder("Enter any login").fill(name);
  await tab.getByPlaceholder("and password").fill("any");
  await button(tab, "Sign-in").click();
  await button(tab, "Continue").click();
}
