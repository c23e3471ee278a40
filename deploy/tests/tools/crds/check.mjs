// Checks custom resources (a JSON list on stdin) twice: values by the schemas of their definitions, and fields by the
// types made from them, because those schemas let unknown fields pass. Prints one line for each fault.

import { dirname, join } from "node:path";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const PACKAGES = {
  "cert-manager.io": "cert-manager",
  "cloud.google.com": "gke",
  "external-secrets.io": "external-secrets",
  "gateway.networking.k8s.io": "gateway-api",
  "monitoring.coreos.com": "prometheus-operator",
  "networking.gke.io": "gke",
  "networking.istio.io": "istio",
  "security.istio.io": "istio",
};

const here = dirname(fileURLToPath(import.meta.url));
const objects = JSON.parse(readFileSync(0, "utf8"));
const lines = [];
const names = [];

for (const object of objects) {
  const [group, version] = object.apiVersion.split("/");
  const name = `${object.kind} ${object.metadata.name}`;
  if (!PACKAGES[group]) {
    console.log(`${name}: nothing is known of ${object.apiVersion}`);
    continue;
  }
  const module = `@kubernetes-models/${PACKAGES[group]}/${group}/${version}/${object.kind}`;
  try {
    const model = (await import(module))[object.kind];
    new model(object).validate();
  } catch (fault) {
    console.log(`${name}: ${fault.message}`);
  }
  lines.push(`import type { I${object.kind} as T${lines.length} } from "${module}";`
    + ` export const o${lines.length}: T${lines.length} = ${JSON.stringify(object)};`);
  names.push(name);
}

// An object written out where a type is asked for may have no other fields, at any depth.
const file = join(here, "objects.ts");
const options = {
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  types: [],
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
};
const host = ts.createCompilerHost(options);
const { fileExists, readFile, getSourceFile } = host;
const text = lines.join("\n");
host.fileExists = (path) => path === file || fileExists(path);
host.readFile = (path) => (path === file ? text : readFile(path));
host.getSourceFile = (path, ...rest) =>
  path === file ? ts.createSourceFile(path, text, ...rest) : getSourceFile(path, ...rest);
const program = ts.createProgram([file], options, host);
for (const fault of ts.getPreEmitDiagnostics(program)) {
  const line = fault.file ? fault.file.getLineAndCharacterOfPosition(fault.start).line : -1;
  const message = ts.flattenDiagnosticMessageText(fault.messageText, " ");
  console.log(`${names[line] ?? fault.file?.fileName}: ${message}`);
}
