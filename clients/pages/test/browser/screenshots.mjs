// Takes pictures of every page at two widths in both schemes, to be looked at: node screenshots.mjs FOLDER
import { mkdir } from "node:fs/promises";
import { appCode, browser, button, heading, newName, pages, password, section, signIn } from "./service.mjs";

const folder = process.argv[2] ?? "screenshots";
await mkdir(folder, { recursive: true });

for (const [width, height] of [[390, 844], [1280, 900]]) {
  for (const colorScheme of ["light", "dark"]) {
    const context = await browser.newContext({ viewport: { width, height }, colorScheme, locale: "en-GB" });
    context.setDefaultTimeout(15_000);
    const tab = await context.newPage();
    const take = (name) => tab.screenshot({ path: `${folder}/${name}-${width}-${colorScheme}.png`, fullPage: !name.startsWith("dialog") });
    await tab.goto(`${pages}login`);
    await heading(tab, "Sign in");
    await take("login");
    await signIn(tab, "nobody", "wrong");
    await tab.getByRole("alert").getByRole("paragraph").waitFor();
    await take("login-error");
    await tab.goto(`${pages}register`);
    await tab.getByLabel("E-mail address").fill("x");
    await button(tab, "Create account").click();
    await tab.locator(".wrong").first().waitFor();
    await take("register");
    const name = newName();
    const email = `long-name-${name}@students.informatics.department.of-a-far-away-university.example.org`;
    await tab.getByLabel("E-mail address").fill(email);
    await tab.getByLabel("Username").fill("");
    await tab.getByLabel("Password", { exact: true }).fill(password);
    await button(tab, "Create account").click();
    await heading(tab, "Verify your e-mail address");
    await take("verify");
    await tab.goto(pages);
    await section(tab, "Where you are signed in").getByText("This device").waitFor();
    await take("account");
    await button(section(tab, "Two-factor authentication"), "Set up").first().click();
    const dialog = tab.getByRole("dialog");
    await dialog.locator("img").waitFor();
    await take("dialog-scan");
    const secret = (await dialog.locator("code").textContent()).replaceAll(" ", "");
    await dialog.getByLabel("Verification code").fill(await appCode(secret, -1));
    await button(dialog, "Turn on").click();
    await dialog.getByText("Save your recovery codes").waitFor();
    await take("dialog-codes");
    await button(dialog, "I have saved them").click();
    await button(section(tab, "Password"), "Change password").click();
    await take("account-password");
    await button(tab, "Sign out").first().click();
    await signIn(tab, email);
    await heading(tab, "Confirm that it is you");
    await take("code");
    await context.close();
  }
}
await browser.close();
