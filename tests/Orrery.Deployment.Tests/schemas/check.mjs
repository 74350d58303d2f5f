// Checks Kubernetes objects against the OpenAPI schemas that package-lock.json pins.
//   in:  a JSON array of objects;  argument: a Kubernetes version of the table below
//   out: a JSON array of {index, message}, empty when every object is right
// Two passes, because each sees what the other does not: the declarations know every field (a field that is in none is an error),
// the compiled validators know integers, formats and patterns.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const kubernetes = { "1.33": "kubernetes-1.33", "1.36": "kubernetes-models" };
const custom = {
  "keda.sh": "@kubernetes-models/keda",
  "monitoring.coreos.com": "@kubernetes-models/prometheus-operator",
};

const version = process.argv[2];
const objects = JSON.parse(readFileSync(0, "utf8"));
const errors = [];

function moduleOf(object) {
  const group = object.apiVersion?.includes("/") ? object.apiVersion.split("/")[0] : "";
  const name = custom[group] ?? kubernetes[version];
  if (!name) throw new Error(`no schemas for Kubernetes ${version}`);
  return `${name}/${object.apiVersion}/${object.kind}`;
}

const known = [];
for (const [index, object] of objects.entries()) {
  let model;
  try {
    model = (await import(moduleOf(object)))[object.kind];
  } catch (error) {
    if (error.code !== "ERR_MODULE_NOT_FOUND" && error.code !== "ERR_PACKAGE_PATH_NOT_EXPORTED") throw error;
    errors.push({ index, message: `Kubernetes ${version} has no ${object.kind} in ${object.apiVersion}` });
    continue;
  }
  known.push(index);
  try {
    new model(object).validate();
  } catch (error) {
    errors.push({ index, message: error.message });
  }
}

// One line an object, so that a diagnostic's line says which object it is about.
const folder = dirname(fileURLToPath(import.meta.url));
const file = join(folder, "objects.ts");
const source = known
  .map((index) => {
    const { kind } = objects[index];
    return `{ const object: import(${JSON.stringify(moduleOf(objects[index]))}).I${kind} = ${JSON.stringify(objects[index])}; }`;
  })
  .join("\n");
const options = { strict: true, noEmit: true, skipLibCheck: true, target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext, types: [] };
const host = ts.createCompilerHost(options);
const { getSourceFile, fileExists } = host;
host.getSourceFile = (name, ...rest) => (name === file ? ts.createSourceFile(name, source, options.target) : getSourceFile(name, ...rest));
host.fileExists = (name) => name === file || fileExists(name);
const program = ts.createProgram([file], options, host);
for (const diagnostic of ts.getPreEmitDiagnostics(program)) {
  const message = ts.flattenDiagnosticMessageText(diagnostic.messageText, " ");
  if (diagnostic.file?.fileName !== file) throw new Error(message);
  const line = diagnostic.file.getLineAndCharacterOfPosition(diagnostic.start).line;
  errors.push({ index: known[line], message: `${diagnostic.file.text.substr(diagnostic.start, Math.min(diagnostic.length, 60))}: ${message}` });
}
console.log(JSON.stringify(errors));
