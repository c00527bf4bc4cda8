// Writes an OpenAPI 3 document, as JSON, with every request as it is, every answer
// replaced by an empty one, and without the schemas that then nothing refers to:
// prism.mjs FROM TO. Prism looks into all of them before it listens, which for some
// documents does not end.
import { parse } from "@stoplight/yaml";
import { readFileSync, writeFileSync } from "node:fs";

const [from, to] = process.argv.slice(2);
const document = parse(readFileSync(from, "utf8"));
const methods = new Set(["get", "put", "post", "delete", "options", "head", "patch", "trace"]);
for (const item of Object.values(document.paths)) {
  for (const [method, operation] of Object.entries(item)) {
    if (methods.has(method)) operation.responses = { 200: { description: "ok" } };
  }
}
const schemas = document.components?.schemas ?? {};
const kept = {};
const follow = (value) => {
  if (value === null || typeof value !== "object") return;
  const [, name] = /^#\/components\/schemas\/(.+)$/.exec(value.$ref ?? "") ?? [];
  if (name !== undefined && !(name in kept) && name in schemas) {
    kept[name] = schemas[name];
    follow(schemas[name]);
  }
  Object.values(value).forEach(follow);
};
const { schemas: _, responses: __, ...rest } = document.components ?? {};
follow([document.paths, rest]);
document.components = { ...rest, schemas: kept };
writeFileSync(to, JSON.stringify(document));
