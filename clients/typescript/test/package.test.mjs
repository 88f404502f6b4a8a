import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { GENERATED, generate } from "../scripts/generate.mjs";
import { BUDGET, size } from "../scripts/size.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

test("the types are those of docs/openapi.json", async () => {
  assert.equal(await readFile(GENERATED, "utf8"), await generate(), "run `npm run generate`");
});

test("the main entry is small", async () => {
  const bytes = await size("index");
  assert.ok(bytes <= BUDGET, `${bytes} bytes`);
});

test("the package holds what its entries name, and needs nothing at run time", async () => {
  const { dependencies, exports } = JSON.parse(await readFile(`${root}package.json`, "utf8"));
  assert.equal(dependencies, undefined);
  const packed = execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], {
    cwd: root,
    encoding: "utf8",
  });
  const files = JSON.parse(packed)[0].files.map(({ path }) => `./${path}`);
  for (const { types, default: code } of Object.values(exports)) {
    assert.ok(files.includes(types) && files.includes(code), `${types} ${code}`);
  }
  assert.ok(files.includes("./README.md"));
  assert.deepEqual(
    files.filter((file) => !/^\.\/(dist\/.*\.(js|d\.ts)|README\.md|package\.json)$/.test(file)),
    [],
  );
});

test("the lock file names no registry", async () => {
  const lock = await readFile(`${root}package-lock.json`, "utf8");
  assert.ok(!lock.includes('"resolved"'));
});

test("README prints the files that are type-checked", async () => {
  const readme = await readFile(`${root}README.md`, "utf8");
  const blocks = [...readme.matchAll(/^`(examples\/[\w-]+\.ts)`:?\n\n```ts\n([^]*?)```$/gm)];
  assert.equal(blocks.length, [...readme.matchAll(/^```ts$/gm)].length, "each block of TypeScript is a file");
  assert.ok(blocks.length > 3);
  for (const [, file, text] of blocks) assert.equal(text, await readFile(`${root}${file}`, "utf8"), file);
});
