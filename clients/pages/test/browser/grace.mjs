// Deletions that can be undone, on a service with AUTH_DELETION_GRACE; the rest as service.mjs says.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  adminName, adminPages, api, button, heading, isAccessible, pages, password, registered, section, signIn, withBrowser,
} from "./service.mjs";

const timeout = 120_000;
const stateOf = async (name) => (await api("POST", "/auth/login", { body: { email: name, password } })).code;

test("a user who deletes the account can restore it", { timeout }, () =>
  withBrowser(async ({ tab }) => {
    const { name, email } = await registered();
    await tab.goto(pages);
    await signIn(tab, name);
    await button(section(tab, "Delete account"), "Delete account").click();
    const dialog = tab.getByRole("dialog");
    await dialog.getByLabel("Your e-mail address").fill(email);
    await button(dialog, "Delete account").click();
    await tab.getByText("Until then you can restore it: sign in with your password.").waitFor();
    assert.equal(await stateOf(name), "ACCOUNT_DELETION_SCHEDULED");
    await signIn(tab, name);
    await isAccessible(tab, "a deletion that can be undone");
    await button(tab, "Restore the account").click();
    await heading(tab, "Your account");
    assert.equal(await stateOf(name), "USER_LOGGED_IN");
  }),
);

test("an administrator keeps an account that is to be deleted, or deletes it at once", { timeout }, () =>
  withBrowser(async ({ tab }) => {
    const { name, email } = await registered();
    await tab.goto(adminPages);
    await heading(tab, "Sign in");
    await signIn(tab, adminName);
    const found = async () => {
      await tab.getByLabel("State").selectOption("To be deleted");
      await tab.getByLabel("Address, username or ID").fill(name);
      await button(tab, "Search").click();
    };
    const dialog = tab.getByRole("dialog");
    const remove = async (asked) => {
      await button(section(tab, "Actions"), "Delete user").click();
      await dialog.getByText(asked).waitFor();
      await dialog.getByLabel("E-mail address").fill(email);
      await button(dialog, "Delete user").click();
    };
    await tab.getByLabel("Address, username or ID").fill(name);
    await button(tab, "Search").click();
    await tab.getByRole("link", { name: email, exact: true }).click();
    await remove("if this service has a grace period");
    await tab.getByText("Until then it can be restored.").waitFor();
    await section(tab, "Account").getByText("Deletion", { exact: true }).waitFor();
    assert.equal(await stateOf(name), "ACCOUNT_DELETION_SCHEDULED");
    await isAccessible(tab, "a user who is to be deleted");

    await button(section(tab, "Actions"), "Keep account").click();
    await button(dialog, "Keep account").click();
    await tab.getByText("The account is kept.").waitFor();
    assert.equal(await stateOf(name), "USER_LOGGED_IN");

    await remove("if this service has a grace period");
    await tab.getByText("Until then it can be restored.").waitFor();
    await tab.getByRole("link", { name: "All users" }).click();
    await found();
    await tab.getByRole("link", { name: email, exact: true }).click();
    await remove("nobody can restore it");
    await heading(tab, "Users");
    await found();
    await tab.getByText("No user matches.").waitFor();
    assert.equal(await stateOf(name), "INVALID_CREDENTIALS");
  }),
);
