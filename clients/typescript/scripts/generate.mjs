// Writes src/openapi.ts, the types of docs/openapi.json that a front end needs; `npm run generate`.
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import openapiTS, { astToString } from "openapi-typescript";

const DOCUMENT = new URL("../../../docs/openapi.json", import.meta.url);
export const GENERATED = new URL("../src/openapi.ts", import.meta.url);

// What only other services, gateways and operators call. A provider other than Google answers as Google does.
const NOT_FOR_FRONT_ENDS = ["services", "gateway", "keys", "health", "webhooks"];
const OTHER_PROVIDER = /^\/auth\/42/;

// Leaves out what types do not need: other endpoints, problem documents, headers and texts of answers, schemas nobody
// refers to. Of an error, types keep the codes of its operation, which its description lists.
function trimmed(document) {
  const { components } = document;
  const paths = {};
  for (const [path, methods] of Object.entries(document.paths)) {
    if (OTHER_PROVIDER.test(path)) continue;
    const used = Object.entries(methods).filter(([, { tags }]) => !NOT_FOR_FRONT_ENDS.includes(tags[0]));
    if (used.length) paths[path] = Object.fromEntries(used.map(([method, used]) => [method, operation(used)]));
  }

  function operation({ responses, parameters, requestBody }) {
    const typed = Object.entries(responses).map(([status, response]) => [status, trimmedResponse(response)]);
    return { parameters: parameters?.map(resolved), requestBody, responses: Object.fromEntries(typed) };
  }

  function trimmedResponse(response) {
    const { content, description } = resolved(response);
    const json = content?.["application/json"];
    if (!json) return { description: "" };
    const isError = json.schema.$ref === "#/components/schemas/ErrorAnswer";
    const codes = isError && description.replaceAll("`", "").split(", ");
    const narrowed = { type: "object", required: ["code"], properties: { code: { type: "string", enum: codes } } };
    const schema = codes ? { allOf: [json.schema, narrowed] } : json.schema;
    return { description: "", content: { "application/json": { schema } } };
  }

  function resolved(part) {
    const [kind, name] = part.$ref?.split("/").slice(-2) ?? [];
    return name ? components[kind][name] : part;
  }

  const schemas = {};
  const collect = (part) => {
    for (const [, name] of JSON.stringify(part).matchAll(/#\/components\/schemas\/([\w.]+)"/g)) {
      if (schemas[name]) continue;
      schemas[name] = components.schemas[name];
      collect(schemas[name]);
    }
  };
  collect(paths);
  const sorted = Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => (a < b ? -1 : 1)));
  return { openapi: document.openapi, info: document.info, paths, components: { schemas: sorted } };
}

export async function generate() {
  const document = JSON.parse(await readFile(DOCUMENT, "utf8"));
  const types = astToString(await openapiTS(trimmed(document), { silent: true }));
  return `// Made from docs/openapi.json by \`npm run generate\`; do not edit.\n\n${types}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await writeFile(GENERATED, await generate());
