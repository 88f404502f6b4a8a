// Builds the pages into crates/auth-http/pages, which the service embeds. With --check, only compares.
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const target = fileURLToPath(new URL("../../../crates/auth-http/pages/", import.meta.url));

/** Bytes, gzipped, that the first view of each set of pages may need: its script, its styles and one language. */
const BUDGET = 60_000;

async function built() {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: {
      app: "src/main.tsx",
      style: "src/style.css",
      admin: "src/admin/main.tsx",
      "admin-style": "src/admin/admin.css",
    },
    outdir: target,
    bundle: true,
    minify: true,
    format: "esm",
    target: ["es2022", "safari16.4"],
    legalComments: "none",
    write: false,
  });
  const files = Object.fromEntries(outputFiles.map(({ path, text }) => [path.slice(target.length), text]));
  for (const [folder, prefix] of [["messages", ""], ["messages/admin", "admin-"]]) {
    for (const name of (await readdir(root + folder)).filter((file) => file.endsWith(".json"))) {
      files[prefix + name] = `${JSON.stringify(JSON.parse(await readFile(`${root}${folder}/${name}`, "utf8")))}\n`;
    }
  }
  return files;
}

const files = await built();
const size = (name) => gzipSync(files[name], { level: 9 }).length;
const largest = (pattern) => Math.max(...Object.keys(files).filter((name) => pattern.test(name)).map(size));
const texts = largest(/^..\.json$/);
const weights = {
  account: size("app.js") + size("style.css") + texts,
  admin: size("admin.js") + size("style.css") + size("admin-style.css") + texts + largest(/^admin-..\.json$/),
};
console.log(Object.keys(files).sort().map((name) => `${name}: ${size(name)}`).join(", "));
for (const [pages, weight] of Object.entries(weights)) {
  console.log(`first view of ${pages}: ${weight} bytes gzipped`);
  if (weight > BUDGET) {
    console.error(`it is larger than ${BUDGET} bytes`);
    process.exit(1);
  }
}
await mkdir(target, { recursive: true });
for (const [name, text] of Object.entries(files)) {
  const before = await readFile(target + name, "utf8").catch(() => undefined);
  if (before === text) continue;
  if (process.argv.includes("--check")) {
    console.error(`crates/auth-http/pages/${name} is out of date: run npm run build in clients/pages`);
    process.exitCode = 1;
  } else {
    await writeFile(target + name, text);
  }
}
