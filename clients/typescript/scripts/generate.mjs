// Writes src/openapi.ts, the types of docs/openapi.json that a front end needs; `npm run generate`.
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import openapiTS, { astToString } from "openapi-typescript";

const DOCUMENT = new URL("../../../docs/openapi.json", import.meta.url);
export const GENERATED = new URL("../src/openapi.ts", import.meta.url);

// What only other services, gateways and operators call. A provider other than Google answers as Google does.
const NOT_FOR_FRONT_ENDS =
  /^\/auth\/(42|\{user_id\}|deletions|events|introspect|verify$|doc)|^\/(auth$|health|metrics|\.well-known)/;

// Leaves out what types do not need: other endpoints, problem documents, headers and texts of answers, schemas nobody
// refers to.
function trimmed(document) {
  const used = Object.entries(document.paths).filter(([path]) => !NOT_FOR_FRONT_ENDS.test(path));
  const text = JSON.stringify(Object.fromEntries(used), (key, value) => {
    return key === "application/problem+json" || key === "examples" ? undefined : value;
  });
  const paths = JSON.parse(text);
  for (const operation of Object.values(paths).flatMap(Object.values)) {
    for (const response of Object.values(operation.responses ?? {})) {
      delete response.headers;
      response.description = "";
    }
  }
  const schemas = {};
  const collect = (part) => {
    for (const [, name] of JSON.stringify(part).matchAll(/#\/components\/schemas\/([\w.]+)"/g)) {
      if (schemas[name]) continue;
      schemas[name] = document.components.schemas[name];
      collect(schemas[name]);
    }
  };
  const shared = { ...document.components, schemas: {}, securitySchemes: {} };
  collect([paths, shared]);
  const sorted = Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => (a < b ? -1 : 1)));
  return { openapi: document.openapi, info: document.info, paths, components: { ...shared, schemas: sorted } };
}

export async function generate() {
  const document = JSON.parse(await readFile(DOCUMENT, "utf8"));
  const types = astToString(await openapiTS(trimmed(document), { silent: true }));
  return `// Made from docs/openapi.json by \`npm run generate\`; do not edit.\n\n${types}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await writeFile(GENERATED, await generate());
