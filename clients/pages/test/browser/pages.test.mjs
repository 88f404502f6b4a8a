import assert from "node:assert/strict";
import { test } from "node:test";
import {
  api, app, appCode, atProvider, audited, button, confirmFresh, downloaded, heading, inFirefox, isAccessible, mailedCode, newName, pages, password,
  registered, section, signIn, url, withBrowser,
} from "./service.mjs";

const timeout = 120_000;
const CODE = "Verification code";

test("register, verify the address, sign out, sign in by keyboard alone", { timeout }, () =>
  withBrowser(async ({ context, tab }) => {
    const name = newName();
    const email = `${name}@example.org`;
    await tab.goto(pages);
    await heading(tab, "Sign in");
    assert.equal(tab.url(), `${pages}login`);
    await isAccessible(tab, "login");
    await tab.getByRole("link", { name: "Create an account" }).click();
    await heading(tab, "Create an account");
    await isAccessible(tab, "register");
    await tab.getByLabel("E-mail address").fill("nobody");
    await tab.getByLabel("Password", { exact: true }).fill("password1");
    await button(tab, "Create account").click();
    await tab.getByText("Enter a complete e-mail address.").waitFor();
    await isAccessible(tab, "register with errors");
    assert.equal(await tab.evaluate(() => document.activeElement.getAttribute("name")), "email");
    await tab.getByLabel("E-mail address").fill(email);
    await button(tab, "Create account").click();
    await tab.getByText("Many people use this password. Choose another one.").waitFor();
    await tab.getByLabel("Password", { exact: true }).fill(password);
    await button(tab, "Create account").click();
    await heading(tab, "Verify your e-mail address");
    await isAccessible(tab, "verify");
    await tab.getByLabel(CODE).fill("000000");
    await button(tab, "Verify").click();
    await tab.getByText("The code is incorrect. Check it and try again.").waitFor();
    await tab.getByLabel(CODE).fill(await mailedCode("verify-email", email));
    await button(tab, "Verify").click();
    await heading(tab, "Your account");
    await section(tab, "Profile").getByText("Verified", { exact: true }).waitFor();
    await section(tab, "Where you are signed in").getByText("This device").waitFor();
    await isAccessible(tab, "account");
    for (const { name: cookie, httpOnly } of await context.cookies(url)) assert.ok(httpOnly, cookie);
    await button(tab, "Sign out").first().click();
    await heading(tab, "Sign in");

    await tab.getByLabel("E-mail address or username").focus();
    await tab.keyboard.type(email);
    await tab.keyboard.press("Tab");
    await tab.keyboard.type(password);
    await tab.keyboard.press("Enter");
    await heading(tab, "Your account");
    await tab.reload();
    await heading(tab, "Your account");
  }),
);

test("two-factor authentication: set up in place, sign in each way, turn off", { timeout }, () =>
  withBrowser(async ({ tab }) => {
    const { name, email } = await registered();
    await tab.goto(`${pages}login`);
    await signIn(tab, name);
    await heading(tab, "Your account");
    const factors = section(tab, "Two-factor authentication");
    await button(factors, "Set up").first().click();
    const dialog = tab.getByRole("dialog");
    await dialog.getByAltText("QR code for your authenticator app").waitFor();
    assert.ok(await dialog.locator("img").evaluate((image) => image.naturalWidth > 0), "the QR code is shown");
    await isAccessible(tab, "QR code");
    const secret = (await dialog.locator("code").textContent()).replaceAll(" ", "");
    await dialog.getByLabel(CODE).fill(await appCode(secret, -1));
    await button(dialog, "Turn on").click();
    await dialog.getByText("Save your recovery codes").waitFor();
    const codes = await dialog.locator("li code").allTextContents();
    assert.ok(codes.length >= 8);
    await isAccessible(tab, "recovery codes");
    const download = await downloaded(tab, () => dialog.getByText("Download").click());
    assert.equal(download.name, "recovery-codes.txt");
    await tab.keyboard.press("Escape");
    await button(dialog, "I have saved them").click();
    await factors.getByText(`You have ${codes.length} unused recovery codes.`, { exact: false }).waitFor();

    // Codes by mail as a second way.
    await button(factors, "Set up").click();
    await dialog.getByLabel(CODE).fill(await mailedCode("two-factor-setup", email));
    await button(dialog, "Turn on").click();
    await factors.getByText("Preferred", { exact: true }).waitFor();

    const signOut = async () => {
      await button(tab, "Sign out").first().click();
      await signIn(tab, name);
      await heading(tab, "Confirm that it is you");
    };
    await signOut();
    await isAccessible(tab, "second factor");
    await tab.getByLabel(CODE).fill("000000");
    await button(tab, "Confirm").click();
    await tab.getByText("The code is incorrect. Check it and try again.").waitFor();
    await tab.getByLabel(CODE).fill(await appCode(secret, 0));
    await button(tab, "Confirm").click();
    await heading(tab, "Your account");

    await signOut();
    await button(tab, "Code by e-mail").click();
    await tab.getByLabel(CODE).fill(await mailedCode("two-factor-login", email));
    await button(tab, "Confirm").click();
    await heading(tab, "Your account");

    await signOut();
    await button(tab, "Recovery code").click();
    await tab.getByLabel("Recovery code").fill(codes[0]);
    await button(tab, "Confirm").click();
    await heading(tab, "Your account");
    await factors.getByText(`You have ${codes.length - 1} unused recovery codes.`, { exact: false }).waitFor();

    await button(factors, "Turn off").first().click();
    await isAccessible(tab, "a question");
    await button(dialog, "Turn off").click();
    await button(factors, "Turn on").waitFor();
  }),
);

test("an act that needs a fresh login asks for it in place and goes on", { timeout }, () =>
  withBrowser(async ({ context, tab }) => {
    const { name, email } = await registered();
    await tab.goto(`${pages}login`);
    await signIn(tab, name);
    await heading(tab, "Your account");
    // As 15 minutes later: the service says so once.
    const refuseOnce = (path) =>
      context.route(
        `**${path}`,
        (route) =>
          route.fulfill({ status: 401, json: { statusCode: 401, code: "REAUTHENTICATION_REQUIRED", data: { maxAge: 900 } } }),
        { times: 1 },
      );
    await refuseOnce("/auth/update-credentials");
    const profile = section(tab, "Profile");
    const next = `new-${email}`;
    await button(profile, "Change address").click();
    await profile.getByLabel("New e-mail address").fill(next);
    await button(profile, "Change address").click();
    await tab.getByRole("dialog").getByText("Enter your password to continue.").waitFor();
    await isAccessible(tab, "a fresh login");
    const dialog = tab.getByRole("dialog");
    await dialog.getByLabel("Password", { exact: true }).fill("not this one");
    await button(dialog, "Continue").click();
    await dialog.getByText("The password is incorrect.").waitFor();
    await confirmFresh(tab);
    // The old one was never verified, so the new one is there at once.
    await profile.locator("dd", { hasText: next }).waitFor();
    await button(profile, "Verify").click();
    await profile.getByLabel(CODE).fill(await mailedCode("verify-email", next));
    await button(profile, "Verify").click();
    await profile.getByText("Verified", { exact: true }).waitFor();

    // Verified now: the next one is pending until its code is here.
    const third = `third-${email}`;
    await button(profile, "Change address").click();
    await profile.getByLabel("New e-mail address").fill(third);
    await button(profile, "Change address").click();
    await profile.getByText(`You asked to change your address to ${third}.`, { exact: false }).waitFor();
    await isAccessible(tab, "a pending address");
    await profile.getByLabel(CODE).fill(await mailedCode("verify-email", third));
    await button(profile, "Verify").click();
    await profile.locator("dd", { hasText: third }).waitFor();

    const secret = section(tab, "Password");
    await button(secret, "Change password").click();
    await secret.getByLabel("Current password").fill("not this one");
    await secret.getByLabel("New password").fill(`${password} again`);
    await button(secret, "Save password").click();
    await secret.getByText("The password is incorrect.").waitFor();
    await isAccessible(tab, "a password to change");
    await secret.getByLabel("Current password").fill(password);
    await button(secret, "Save password").click();
    await secret.getByText("Your password was changed.", { exact: false }).waitFor();
  }),
);

test("devices end one by one and all others; the account is deleted", { timeout }, () =>
  withBrowser(async ({ tab }) => {
    const { name, email } = await registered();
    for (let others = 0; others < 3; others += 1) {
      const body = JSON.stringify({ username: name, password });
      await fetch(`${url}/auth/login`, { method: "POST", headers: { "Content-Type": "application/json" }, body });
    }
    await tab.goto(`${pages}login`);
    await signIn(tab, name);
    const devices = section(tab, "Where you are signed in");
    await devices.getByRole("listitem").nth(3).waitFor();
    await button(devices, "Sign out").first().click();
    await devices.getByRole("listitem").nth(3).waitFor({ state: "detached" });
    await button(devices, "Sign out all other devices").click();
    await devices.getByText("The other devices are signed out.").waitFor();
    assert.equal(await devices.getByRole("listitem").count(), 1);
    const download = await downloaded(tab, () => button(tab, "Download").click());
    assert.equal(download.name, "account.json");
    await button(section(tab, "Your data"), "Request it").click();
    await section(tab, "Your data").getByText(/^Requested\. The services have until /).waitFor();

    await button(section(tab, "Delete account"), "Delete account").click();
    const dialog = tab.getByRole("dialog");
    await isAccessible(tab, "a deletion");
    await dialog.getByLabel("Your e-mail address").fill("nobody");
    await button(dialog, "Delete account").click();
    await dialog.getByText("This is not your e-mail address.").waitFor();
    await dialog.getByLabel("Your e-mail address").fill(email);
    await button(dialog, "Delete account").click();
    await heading(tab, "Sign in");
    await tab.getByText("Your account was deleted.").waitFor();
    await signIn(tab, name);
    await tab.getByText("The e-mail address, username or password is incorrect.").waitFor();
  }),
);

test("a forgotten password is replaced with a mailed code", { timeout }, () =>
  withBrowser(async ({ tab }) => {
    const { name, email } = await registered();
    await tab.goto(`${pages}login`);
    await tab.getByRole("link", { name: "Forgot password?" }).click();
    await heading(tab, "Reset your password");
    await isAccessible(tab, "recovery");
    await tab.getByLabel("E-mail address").fill(email);
    await button(tab, "Send code").click();
    await tab.getByLabel(CODE).fill(await mailedCode("password-reset", email));
    await isAccessible(tab, "recovery, the code");
    await button(tab, "Continue").click();
    await heading(tab, "Choose a new password");
    await isAccessible(tab, "recovery, the password");
    await tab.getByLabel("New password").fill(`${password} anew`);
    await button(tab, "Save and sign in").click();
    await heading(tab, "Your account");
    await button(tab, "Sign out").first().click();
    await signIn(tab, name, `${password} anew`);
    await heading(tab, "Your account");
  }),
);

test("a sign-in ends where it was sent from, if that is allowed", { timeout }, () =>
  withBrowser(async ({ tab }) => {
    const { name } = await registered();
    const target = `${app}/in?from=auth`;
    await tab.goto(`${pages}?redirect=${encodeURIComponent(target)}`);
    await signIn(tab, name);
    await tab.waitForURL(target);
    // Whoever is signed in goes there at once, but not round in circles.
    await tab.goto(`${pages}login?redirect=${encodeURIComponent(target)}`);
    await heading(tab, "You are signed in");
    await isAccessible(tab, "a circle");
    await tab.goto(`${pages}login?redirect=${encodeURIComponent("https://evil.example/")}`);
    await heading(tab, "Your account");
  }),
);

test("a language that is chosen stays, in the browser and with the account", { timeout }, () =>
  withBrowser(async ({ context, tab }) => {
    const { name } = await registered();
    const language = async (chosen, title) => {
      await tab.locator("footer select").selectOption(chosen);
      await heading(tab, title);
      assert.equal(await tab.locator("html").getAttribute("lang"), chosen);
    };
    await tab.goto(`${pages}login`);
    await language("de", "Anmelden");
    await isAccessible(tab, "login in German");
    await tab.locator("input[autocomplete~=username]").fill(name);
    await tab.locator("input[type=password]").fill("a wrong password");
    await tab.keyboard.press("Enter");
    await tab.getByText("Das Passwort ist falsch.").waitFor();
    await tab.locator("input[type=password]").fill(password);
    await tab.keyboard.press("Enter");
    await heading(tab, "Ihr Konto");
    await language("es", "Tu cuenta");
    await language("fr", "Votre compte");
    const other = await context.newPage();
    await other.goto(pages);
    await heading(other, "Votre compte");
    const { data } = await api("POST", "/auth/login", { body: { username: name, password } });
    const me = await api("GET", "/auth/me", { token: data.tokens.accessToken });
    assert.equal(me.data.user.locale, "fr");
  }),
);

// Playwright cannot turn off scripts by WebDriver BiDi.
test("without scripts a form signs in", { timeout, skip: inFirefox }, () =>
  withBrowser(
    async ({ context, tab }) => {
      const { name } = await registered();
      const target = `${app}/in?from=form`;
      await tab.goto(`${pages}login?redirect=${encodeURIComponent(target)}`);
      await signIn(tab, name, "not this one");
      await tab.waitForURL(/error=INVALID_PASSWORD/);
      // Playwright finds no texts in a noscript element.
      assert.equal(await tab.locator(".note.bad").textContent(), "The password is incorrect.");
      await signIn(tab, name);
      await tab.waitForURL(target);
      const cookies = (await context.cookies(url)).map(({ name: cookie }) => cookie.replace("__Host-auth-", "")).sort();
      assert.deepEqual(cookies, ["access", "refresh"]);
    },
    { javaScriptEnabled: false },
  ),
);

test("a network that is away is told, and nobody is signed out", { timeout }, () =>
  withBrowser(async ({ context, tab }) => {
    const { name } = await registered();
    await tab.goto(`${pages}login`);
    await heading(tab, "Sign in");
    await context.setOffline(true);
    await signIn(tab, name);
    await tab.getByText("The service cannot be reached. Check your connection and try again.").waitFor();
    await context.setOffline(false);
    await button(tab, "Sign in").click();
    await heading(tab, "Your account");
  }),
);

test("a provider signs in and is linked; its users confirm with a mailed code", { timeout }, () =>
  withBrowser(async ({ context, tab }) => {
    const name = newName();
    const target = `${app}/in?from=google`;
    await tab.goto(`${pages}login?redirect=${encodeURIComponent(target)}`);
    await tab.getByRole("link", { name: "Continue with Google" }).click();
    await tab.getByText("[ Cancel ]").click();
    await tab.getByText("You cancelled the sign-in.").waitFor();
    await tab.getByRole("link", { name: "Continue with Google" }).click();
    await atProvider(tab, name);
    await tab.waitForURL(target);
    await tab.goto(pages);
    await section(tab, "Password").getByText("You have no password. You sign in with Google.").waitFor();

    await context.route(
      "**/2fa/app/setup",
      (route) =>
        route.fulfill({ status: 401, json: { statusCode: 401, code: "REAUTHENTICATION_REQUIRED", data: { maxAge: 900 } } }),
      { times: 1 },
    );
    await button(section(tab, "Two-factor authentication"), "Set up").first().click();
    const dialog = tab.getByRole("dialog");
    await isAccessible(tab, "a fresh login without a password");
    await button(dialog, "Send code").click();
    await dialog.getByLabel(CODE).fill(await mailedCode("two-factor-login", `${name}@example.org`));
    await button(dialog, "Confirm").click();
    await dialog.getByAltText("QR code for your authenticator app").waitFor();
    await button(dialog, "Cancel").click();

    await context.clearCookies();
    const other = await registered();
    await tab.goto(`${pages}login`);
    await signIn(tab, other.name);
    const linked = section(tab, "Linked accounts");
    await button(linked, "Link").click();
    await atProvider(tab, other.name);
    await linked.getByText("Google is now linked to your account.").waitFor();
    await button(linked, "Unlink").click();
    await button(dialog, "Unlink").click();
    await linked.getByText("Not linked").waitFor();
  }),
);

test("every page was audited", () => assert.ok(audited >= 16, `${audited}`));
