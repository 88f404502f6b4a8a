// Takes pictures of every page of the administration at two widths in both schemes, and written from right to left, to be
// looked at: node admin-screenshots.mjs FOLDER
import { mkdir } from "node:fs/promises";
import { adminName, adminPages, browser, button, heading, newName, pages, registered, section, signIn } from "./service.mjs";

const folder = process.argv[2] ?? "screenshots";
await mkdir(folder, { recursive: true });

const far = "students.informatics.department.of-a-far-away-university.example.org";
const long = `long-${newName()}`.slice(0, 32);
await registered(long, `${long}@${far}`);

/** What no test can cause quickly: mails that the mail server refused, an old key, a worker that fails. */
async function trouble(context) {
  await context.route("**/auth/admin/status", async (route) => {
    const answer = await (await route.fetch()).json();
    const { data } = answer;
    data.concerns = ["worker_failing", "mails_late", "mails_failed", "restore_old"];
    const mail = { id: data.mails.waitingMails[0]?.id ?? "1", recipient: `${long}@${far}`, kind: "verify-email" };
    const error = "550 5.1.1 <student>: Recipient address rejected: User unknown in virtual mailbox table (mx.example.org)";
    data.mails = {
      waiting: 1,
      failed: 1,
      waitingSince: new Date(Date.now() - 3_000_000).toISOString(),
      failedMails: [{ ...mail, failedAt: new Date(Date.now() - 9_000_000).toISOString(), error }],
      waitingMails: [{ ...mail, attempts: 7, nextAttemptAt: new Date(Date.now() + 90_000).toISOString(), error: "421 try later" }],
    };
    data.retiredMasterKeys = [{ id: "3f9c", retiredAt: "2026-01-01T00:00:00Z" }];
    data.lastVerifiedRestoreAt = "2026-09-01T00:00:00Z";
    if (data.workers[0]) data.workers[0] = { ...data.workers[0], failures: 3, failing: true };
    await route.fulfill({ json: answer });
  });
}

const shapes = [390, 1280].flatMap((width) => ["light", "dark"].map((colorScheme) => ({ width, colorScheme, dir: "ltr" })));
shapes.push({ width: 390, colorScheme: "light", dir: "rtl" }, { width: 1280, colorScheme: "light", dir: "rtl" });

for (const { width, colorScheme, dir } of shapes) {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme, locale: "en-GB" });
  context.setDefaultTimeout(15_000);
  await trouble(context);
  const tab = await context.newPage();
  if (dir === "rtl") await context.addInitScript(() => document.addEventListener("DOMContentLoaded", () => (document.documentElement.dir = "rtl")));
  const take = async (name) => {
    const wide = await tab.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    if (wide > 0) console.log(`${name} at ${width}, ${dir}: ${wide} px too wide`);
    await tab.screenshot({ path: `${folder}/admin-${name}-${width}-${colorScheme}-${dir}.png`, fullPage: !name.startsWith("dialog") });
  };
  await tab.goto(adminPages);
  await signIn(tab, adminName);
  const found = section(tab, "Found").getByRole("listitem").first();
  await found.waitFor();
  await take("users");
  await button(tab, "Create user").click();
  await take("dialog-create");
  await button(tab.getByRole("dialog"), "Cancel").click();
  await tab.goto(`${adminPages}?search=nobody-at-all`);
  await tab.getByText("No user matches.").waitFor();
  await take("users-none");
  await context.route("**/auth/admin/users**", (route) => route.abort(), { times: 1 });
  await tab.reload();
  await button(tab, "Try again").waitFor();
  await take("users-error");
  await tab.goto(`${adminPages}?search=${long}`);
  await tab.getByRole("link", { name: long }).click();
  await section(tab, "Actions").waitFor();
  await take("user");
  await button(tab, "Change roles").click();
  await take("dialog-roles");
  await button(tab.getByRole("dialog"), "Cancel").click();
  await button(tab, "Delete user").click();
  await take("dialog-delete");
  await tab.goto(`${adminPages}invitations`);
  await heading(tab, "Invitations");
  await button(tab, "Invite").click();
  await take("dialog-invite");
  const dialog = tab.getByRole("dialog");
  await dialog.getByLabel("E-mail address").fill(`${newName()}@${far}`);
  await button(dialog, "Create invitation").click();
  await button(dialog, "Done").waitFor();
  await take("dialog-invited");
  const link = await dialog.locator("code").textContent();
  await button(dialog, "Done").click();
  await section(tab, "Valid invitations").getByRole("listitem").first().waitFor();
  await take("invitations");
  await tab.goto(`${adminPages}audit`);
  await section(tab, "Records").getByRole("listitem").first().waitFor();
  await take("audit");
  await tab.goto(`${adminPages}service`);
  await section(tab, "Keys").waitFor();
  await take("service");
  await tab.goto(pages);
  await section(tab, "Where you are signed in").getByText("This device").waitFor();
  await take("account");
  await context.clearCookies();
  await tab.goto(link);
  await tab.getByText("You are invited to create an account.").waitFor();
  await take("invitation");
  await tab.goto(adminPages);
  await signIn(tab, long);
  await heading(tab, "You are not an administrator");
  await take("no-admin");
  await context.close();
}
await browser.close();
