// What people do with the pages of `examples`, in a headless Chromium.
//
//   node examples.mjs SCENARIO URL
//
// Ends with 0 when all went as it should.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { chromium } from "playwright-core";

const [scenario, url] = process.argv.slice(2);
// Chromium's own sandbox does not start for root; the pages are ours.
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
const context = await browser.newContext();
const tab = await context.newPage();
tab.setDefaultTimeout(180_000); // A machine that is busy with other things takes its time.
const broken = [];
tab.on("pageerror", (error) => broken.push(error));

const email = `ann${new URL(url).pathname.replaceAll("/", "-")}x@example.org`;
const password = "correct horse battery staple";

// A request by the page's script.
const call = (method, path, body) => tab.evaluate(async ({ method, path, body }) => {
  const headers = { "Content-Type": "application/json" };
  return (await fetch(path, { method, headers, body: body && JSON.stringify(body) })).json();
}, { method, path, body });

// The code that an authenticator app shows `ahead` steps of 30 s from now (RFC 6238).
function totp(secret, ahead) {
  const bits = [...secret].map((letter) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + ahead));
  const mac = createHmac("sha1", key).update(counter).digest();
  return String((mac.readUInt32BE(mac.at(-1) & 15) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

async function setUpApp() {
  const { code, data } = await call("POST", "/api/2fa/app/setup", {});
  assert.equal(code, "SCAN_QR");
  assert.equal((await call("POST", "/api/2fa/app/verify-setup", { otpCode: totp(data.secret, 0) })).code, "TWOFA_ENABLED");
  return data.secret;
}

async function noTokenInReach() {
  assert.equal(await tab.evaluate(() => document.cookie + JSON.stringify(localStorage) + JSON.stringify(sessionStorage)), "{}{}");
}

// The page in plain HTML: two services know who is there.
async function plain() {
  await tab.goto(url);
  await tab.getByLabel("E-mail address").fill(email);
  await tab.getByLabel("Password").fill(password);
  await tab.getByRole("button", { name: "Sign in" }).click();
  await tab.getByText("There is no account with this address.").waitFor();
  await tab.getByRole("button", { name: "Create account" }).click();
  await tab.getByText(/^Hello, [0-9a-f-]{36} \(user\)$/).waitFor();
  await tab.getByLabel("New note").fill("<b>Buy milk</b>");
  await tab.getByRole("button", { name: "Add" }).click();
  await tab.getByRole("listitem").getByText("<b>Buy milk</b>").waitFor();
  await noTokenInReach();

  // An access cookie that has expired is gone: the page refreshes by itself.
  await context.clearCookies({ name: "__Host-auth-access" });
  await tab.reload();
  await tab.getByRole("listitem").getByText("Buy milk").waitFor();

  const secret = await setUpApp();
  await tab.getByRole("button", { name: "Sign out" }).click();
  await tab.getByLabel("E-mail address").fill(email);
  await tab.getByLabel("Password").fill("another password");
  await tab.getByRole("button", { name: "Sign in" }).click();
  await tab.getByText("The password is incorrect.").waitFor();
  await tab.getByLabel("Password").fill(password);
  await tab.getByRole("button", { name: "Sign in" }).click();
  await tab.getByLabel("Code").fill("000000");
  await tab.getByRole("button", { name: "Continue" }).click();
  await tab.getByText("The code is incorrect.").waitFor();
  await tab.getByLabel("Code").fill(totp(secret, 1));
  await tab.getByRole("button", { name: "Continue" }).click();
  await tab.getByRole("listitem").getByText("Buy milk").waitFor();

  // A page of another origin can write no note, and a deletion reaches the service that keeps them.
  const cookies = (await context.cookies(url)).map(({ name, value }) => `${name}=${value}`).join("; ");
  const notes = (headers, method = "POST") => fetch(new URL("/notes", url), {
    method, headers: { "Content-Type": "application/json", ...headers }, body: method === "POST" ? '{"text":"x"}' : undefined,
  });
  assert.equal((await notes({ cookie: cookies, origin: "https://elsewhere.example" })).status, 403);
  assert.equal((await notes({})).status, 401);
  assert.equal((await notes({ cookie: cookies }, "GET")).status, 200);
  assert.equal((await call("DELETE", "/api/auth/delete")).code, "USER_DATA_DELETED");
  // FastAPI verifies by itself, so this token is good until it expires; its notes go when the webhook comes.
  while ((await (await notes({ cookie: cookies }, "GET")).json()).length > 0) await tab.waitForTimeout(100);
}

// The same form in React or Vue.
async function form() {
  const fill = async () => {
    await tab.getByPlaceholder("E-mail address").fill(email);
    await tab.getByPlaceholder("Password").fill(password);
  };
  await tab.goto(url);
  await fill();
  await tab.getByRole("button", { name: "Sign in" }).click();
  await tab.getByText("INVALID_CREDENTIALS").waitFor();
  await tab.getByRole("button", { name: "Create account" }).click();
  await tab.getByText(`Signed in as ${email}`).waitFor();
  await noTokenInReach();
  await context.clearCookies({ name: "__Host-auth-access" });
  await tab.reload();
  await tab.getByText(`Signed in as ${email}`).waitFor();
  const secret = await setUpApp();
  await tab.getByRole("button", { name: "Sign out" }).click();
  await fill();
  await tab.getByRole("button", { name: "Sign in" }).click();
  await tab.getByPlaceholder("Code").fill(totp(secret, 1));
  await tab.getByRole("button", { name: "Sign in" }).click();
  await tab.getByText(`Signed in as ${email}`).waitFor();
  assert.equal((await call("DELETE", "/api/auth/delete")).code, "USER_DATA_DELETED");
}

await { plain, form }[scenario]();
if (process.env.SCREENSHOT) await tab.screenshot({ path: process.env.SCREENSHOT });
assert.deepEqual(broken, []);
await browser.close();
