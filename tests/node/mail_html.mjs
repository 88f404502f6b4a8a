// Checks HTML documents of mails: node mail_html.mjs FOLDER. Prints each finding; ends with 0 when there is none.

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

import { HtmlValidate, StaticConfigLoader } from "html-validate";

const checker = new HtmlValidate(
  new StaticConfigLoader({
    root: true,
    extends: ["html-validate:recommended", "html-validate:document", "html-validate:a11y"],
    rules: {
      // Mail programs read little else than styles in elements, and Outlook lays tables out by their attributes.
      "no-inline-style": "off",
      "no-deprecated-attr": "off",
      "doctype-style": ["error", { style: "lowercase" }],
    },
  }),
);

const [folder] = process.argv.slice(2);
const names = (await readdir(folder)).filter((name) => name.endsWith(".html"));
if (names.length === 0) throw new Error(`no HTML in ${folder}`);
let findings = 0;
for (const name of names.sort()) {
  const report = await checker.validateString(await readFile(join(folder, name), "utf8"), name);
  for (const { messages } of report.results) {
    for (const { line, column, ruleId, message } of messages) {
      console.log(`${name}:${line}:${column}: ${message} (${ruleId})`);
      findings += 1;
    }
  }
}
console.log(`${names.length} documents checked`);
process.exitCode = findings === 0 ? 0 : 1;
