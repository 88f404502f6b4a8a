// Prints how large each entry is, bundled, minified and gzipped; fails when the main one exceeds its budget.
import { gzipSync } from "node:zlib";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/** Bytes. */
export const BUDGET = 6000;

export async function size(entry) {
  const file = fileURLToPath(new URL(`../dist/${entry}.js`, import.meta.url));
  const options = { entryPoints: [file], bundle: true, minify: true, format: "esm", target: "es2022", write: false };
  const { outputFiles } = await build(options);
  return gzipSync(outputFiles[0].contents, { level: 9 }).length;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const entry of ["index", "server", "verify"]) console.log(`${entry}: ${await size(entry)} bytes`);
  if ((await size("index")) > BUDGET) {
    console.error(`index is larger than ${BUDGET} bytes`);
    process.exit(1);
  }
}
