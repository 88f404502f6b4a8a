import assert from "node:assert/strict";
import { test } from "node:test";
import {
  adminName, adminPages, api, appCode, audited, button, confirmFresh, downloaded, heading, isAccessible, mailed, newName, pages, password,
  registered, section, signIn, withBrowser,
} from "./service.mjs";

const timeout = 120_000;

/** Signs the administrator in at a page of the administration, and ends there. */
async function administer(tab, page = "") {
  await tab.goto(adminPages + page);
  await heading(tab, "Sign in");
  await signIn(tab, adminName);
}

async function find(tab, text) {
  await tab.getByLabel("Address, username or ID").fill(text);
  await button(tab, "Search").click();
}

/** Does what a button and then the same button of its dialog do. */
async function act(tab, name, submit = name) {
  await button(section(tab, "Actions"), name).click();
  const dialog = tab.getByRole("dialog");
  await button(dialog, submit).click();
  await dialog.waitFor({ state: "hidden" });
}

/** Turns on an app as second factor; returns its secret. */
async function enableApp(name) {
  const { data } = await api("POST", "/auth/login", { body: { email: name, password } });
  const token = data.tokens.accessToken;
  const scan = await api("POST", "/2fa/app/setup", { token });
  const enabled = await api("POST", "/2fa/app/verify-setup", { token, body: { otpCode: await appCode(scan.data.secret) } });
  assert.equal(enabled.code, "TWOFA_ENABLED");
  return scan.data.secret;
}

const logIn = (name) => api("POST", "/auth/login", { body: { email: name, password } });

test("an administrator finds a user and does everything to them", { timeout }, () =>
  withBrowser(async ({ context, tab }) => {
    const { name, email } = await registered();
    await enableApp(name);
    await context.route(
      "**/auth/admin/users**",
      (route) =>
        route.fulfill({ status: 401, json: { statusCode: 401, code: "REAUTHENTICATION_REQUIRED", data: { maxAge: 900 } } }),
      { times: 1 },
    );
    await administer(tab);
    await tab.getByRole("dialog").getByText("Enter your password to continue.").waitFor();
    await button(tab.getByRole("dialog"), "Cancel").click();
    await tab.getByText("Confirm that it is you to see this page.").waitFor();
    await isAccessible(tab, "users, unconfirmed");
    await context.route(
      "**/auth/admin/users**",
      (route) =>
        route.fulfill({ status: 401, json: { statusCode: 401, code: "REAUTHENTICATION_REQUIRED", data: { maxAge: 900 } } }),
      { times: 1 },
    );
    await button(tab, "Continue").click();
    await confirmFresh(tab);
    await find(tab, name);
    await tab.getByRole("link", { name: email, exact: true }).click();
    await heading(tab, email);
    await isAccessible(tab, "user");
    await section(tab, "Two-factor authentication and linked accounts").getByText("Authenticator app").waitFor();
    await section(tab, "Devices signed in").getByText("Network", { exact: false }).first().waitFor();

    await button(section(tab, "Actions"), "Suspend").click();
    await isAccessible(tab, "a question");
    await button(tab.getByRole("dialog"), "Suspend").click();
    await tab.getByText("The user is suspended.").waitFor();
    assert.equal((await logIn(name)).code, "ACCOUNT_SUSPENDED");
    await act(tab, "End suspension");
    await tab.getByText("The user is active again.").waitFor();
    assert.equal((await logIn(name)).code, "TWOFA_REQUIRED");
    await act(tab, "Reset two-factor authentication");
    await tab.getByText("Two-factor authentication was reset.").waitFor();
    assert.equal((await logIn(name)).code, "USER_LOGGED_IN");
    await act(tab, "Sign out everywhere");
    await section(tab, "Devices signed in").getByText("No device is signed in.").waitFor();

    await button(section(tab, "Actions"), "Change roles").click();
    const dialog = tab.getByRole("dialog");
    await dialog.getByLabel("Roles to add").fill("No");
    await button(dialog, "Save roles").click();
    await dialog.locator(".wrong, .note.bad").first().waitFor();
    await isAccessible(tab, "roles");
    await dialog.getByLabel("Roles to add").fill("editor");
    await button(dialog, "Save roles").click();
    await section(tab, "Account").getByText("editor, user").waitFor();

    await button(section(tab, "Actions"), "Correct address").click();
    await dialog.getByLabel("E-mail address").fill(`right-${email}`);
    await dialog.getByLabel("I know that this address belongs to the user").check();
    await button(dialog, "Save address").click();
    await heading(tab, `right-${email}`);
    await section(tab, "Account").getByText("Verified", { exact: true }).waitFor();
    await act(tab, "Require a new password");
    await section(tab, "Account").getByText("New password required").waitFor();

    await button(section(tab, "Actions"), "Delete user").click();
    await dialog.getByLabel("E-mail address").fill(email);
    await button(dialog, "Delete user").click();
    await dialog.getByText("This is not the address of this user.").waitFor();
    await isAccessible(tab, "deletion");
    await dialog.getByLabel("E-mail address").fill(`right-${email}`);
    await button(dialog, "Delete user").click();
    await heading(tab, "Users");
    await find(tab, email);
    await tab.getByText("No user matches.").waitFor();
    await isAccessible(tab, "nobody");

    await button(tab, "Create user").click();
    const created = `${newName()}@example.org`;
    await dialog.getByLabel("E-mail address").fill(created);
    await isAccessible(tab, "create");
    await button(dialog, "Create user").click();
    await heading(tab, created);
    await section(tab, "Account").getByText("New password required").waitFor();
    await tab.reload();
    await heading(tab, created);
  }),
);

/** Registers with a link in a browser of their own. */
async function registerWith(link, email) {
  await withBrowser(async ({ tab }) => {
    await tab.goto(link);
    await heading(tab, "Create an account");
    await tab.getByText("You are invited to create an account.").waitFor();
    await isAccessible(tab, "an invitation");
    const field = tab.getByLabel("E-mail address");
    if (email) await field.fill(email);
    await tab.getByLabel("Password", { exact: true }).fill(password);
    await button(tab, "Create account").click();
    // The mailed link proves the address; one that was handed over does not.
    if (email) {
      await heading(tab, "Verify your e-mail address");
    } else {
      await section(tab, "Profile").getByText("Verified", { exact: true }).waitFor();
    }
  });
}

test("the invited register by the page", { timeout }, () =>
  withBrowser(async ({ tab }) => {
    await administer(tab, "invitations");
    await heading(tab, "Invitations");
    const dialog = tab.getByRole("dialog");
    const invite = async (email) => {
      await button(tab, "Invite").click();
      await dialog.getByLabel("E-mail address").fill(email);
      await dialog.getByLabel("Roles besides “user”").fill("editor");
    };
    const email = `${newName()}@example.org`;
    await invite(email);
    await isAccessible(tab, "invite");
    await button(dialog, "Create invitation").click();
    await dialog.getByText(`A mail to ${email} is on its way.`).waitFor();
    await isAccessible(tab, "invited");
    await button(dialog, "Done").click();
    await registerWith(await mailed("invitation", email, /^(http\S+#invitation=\S+)\r?$/m));

    await invite("");
    await button(dialog, "Create invitation").click();
    const link = await dialog.locator("code").textContent();
    await button(dialog, "Done").click();
    await registerWith(link, `${newName()}@example.org`);
    const invited = await api("POST", "/auth/login", { body: { email, password } });
    assert.deepEqual(invited.data.user.roles.sort(), ["editor", "user"]);

    await withBrowser(async ({ tab: late }) => {
      await late.goto(link);
      await late.getByLabel("E-mail address").fill(`${newName()}@example.org`);
      await late.getByLabel("Password", { exact: true }).fill(password);
      await button(late, "Create account").click();
      await late.getByText("This invitation cannot be used", { exact: false }).waitFor();
      await isAccessible(late, "an invitation that is used up");
    });

    await invite("");
    await button(dialog, "Create invitation").click();
    await button(dialog, "Done").click();
    const rows = section(tab, "Valid invitations").getByRole("listitem").filter({ hasText: "1 of 1 left" });
    await rows.first().waitFor();
    await isAccessible(tab, "invitations");
    const before = await rows.count();
    await button(rows.first(), "Withdraw").click();
    await button(dialog, "Withdraw").click();
    await dialog.waitFor({ state: "hidden" });
    await tab.waitForFunction((left) => [...document.querySelectorAll("#invitations li")].filter((row) => row.textContent.includes("1 of 1 left")).length === left, before - 1);
  }),
);

test("the audit trail is followed, the service is seen at a glance, and others are turned away", { timeout }, () =>
  withBrowser(async ({ tab }) => {
    const { name } = await registered();
    await administer(tab, "audit?action=session.opened");
    await heading(tab, "Audit trail");
    const records = section(tab, "Records");
    await records.getByRole("listitem").first().waitFor();
    await isAccessible(tab, "audit");
    await button(tab, "Follow live").click();
    const { data } = await logIn(name);
    const { data: me } = await api("GET", "/auth/me", { token: data.tokens.accessToken });
    const seen = records.locator(`a[href*="${me.user.id}"]`);
    await seen.first().waitFor();
    assert.equal(await seen.count(), 1);
    await button(tab, "Stop following").click();
    await seen.click();
    await heading(tab, `${name}@example.org`);
    await tab.getByRole("link", { name: "What happened to this account" }).click();
    await records.getByText("account.registered").or(records.getByText("session.opened")).first().waitFor();
    assert.ok(!(await records.textContent()).includes("refused"));

    await tab.getByRole("link", { name: "Service" }).click();
    await section(tab, "Keys").getByText("Current signing key").waitFor();
    await section(tab, "Health").getByText("No restore has been rehearsed yet.", { exact: false }).waitFor();
    await isAccessible(tab, "service");

    await tab.context().clearCookies();
    await tab.goto(adminPages);
    await signIn(tab, name);
    await heading(tab, "You are not an administrator");
    await isAccessible(tab, "no administrator");
    await tab.goto(pages);
    const download = await downloaded(tab, () => button(section(tab, "Your data"), "Download").click());
    assert.equal(download.name, "account.json");
    const exported = JSON.parse(download.text);
    assert.equal(exported.user.email, `${name}@example.org`);
    assert.ok(exported.auditTrail.length > 0 && exported.sessions.length > 0);
  }),
);

test("an administrator confirms a sign-in with a second factor", { timeout }, () =>
  withBrowser(async ({ tab }) => {
    const { name, email } = await registered();
    const secret = await enableApp(name);
    await administer(tab);
    await find(tab, name);
    await tab.getByRole("link", { name: email, exact: true }).click();
    await button(section(tab, "Actions"), "Change roles").click();
    const dialog = tab.getByRole("dialog");
    await dialog.getByLabel("Roles to add").fill("admin");
    await button(dialog, "Save roles").click();
    await section(tab, "Account").getByText("admin, user").waitFor();

    await tab.context().clearCookies();
    await tab.goto(adminPages);
    await signIn(tab, name);
    await heading(tab, "Confirm that it is you");
    await isAccessible(tab, "second factor");
    await tab.getByLabel("Verification code").fill("000000");
    await button(tab, "Confirm").click();
    await tab.getByText("The code is incorrect. Check it and try again.").waitFor();
    await tab.getByLabel("Verification code").fill(await appCode(secret, 1));
    await button(tab, "Confirm").click();
    await find(tab, email);
    await tab.getByRole("link", { name: email, exact: true }).click();
    await heading(tab, email);
  }),
);

test("every page of the administration was audited", () => assert.ok(audited >= 14, `${audited}`));
