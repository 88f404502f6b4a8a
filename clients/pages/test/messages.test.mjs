import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { test } from "node:test";

const read = async (folder, name) => readFile(new URL(`../${folder}/${name}`, import.meta.url), "utf8");

// TypeScript finds texts that are missing; the service compares the languages.
test("every text is used", async () => {
  const names = await readdir(new URL("../src", import.meta.url), { recursive: true });
  const sources = await Promise.all(names.filter((name) => /\.tsx?$/.test(name)).map((name) => read("src", name)));
  sources.push(await read("../../crates/auth-http/src/pages", "html.rs"));
  const all = sources.join("\n");
  // Named by a code of the service, by a method, or by another value.
  const composed =
    /^(error\.(password\.)?[A-Z_]+|factor\.(use_)?(app|email|recovery)|twofa\.(app|email)|(concern|key|file)\.\w+|act\.\w+(\.(title|text|done))?)$/;
  for (const folder of ["messages", "messages/admin"]) {
    const unused = Object.keys(JSON.parse(await read(folder, "en.json"))).filter(
      (name) => !composed.test(name) && !all.includes(`"${name}"`),
    );
    assert.deepEqual(unused, [], folder);
  }
});
