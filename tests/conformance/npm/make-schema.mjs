// Prints one JSON schema for every message of the language server protocol, made from the typings of
// vscode-languageserver-protocol: its `methods` say who sends what, its `definitions` what the parts look like.
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createGenerator } from "ts-json-schema-generator";
import ts from "typescript";

const PROTOCOL = "vscode-languageserver-protocol";
const ENTRY = "entry.ts";
const protocol = createRequire(import.meta.url)(PROTOCOL);

writeFileSync(ENTRY, `export * from "${PROTOCOL}";\n`);
const program = ts.createProgram([ENTRY], { module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler });
const checker = program.getTypeChecker();
const exported = checker
  .getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(ENTRY)))
  .map((symbol) => (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol));

// `const type: ProtocolRequestType<Params, Result, …>` in the namespace of a message, or null.
function messageType(symbol) {
  const type = symbol.exports?.get("type")?.valueDeclaration?.type;
  return type && ts.isTypeReferenceNode(type) ? type : null;
}

// What the type arguments of a message are, by the class that it is an instance of.
const ARGUMENTS = {
  ProtocolRequestType: ["params", "result", "partial", "error", "registration"],
  ProtocolRequestType0: ["result", "partial", "error", "registration"],
  RequestType: ["params", "result", "error"],
  RequestType0: ["result", "error"],
  ProtocolNotificationType: ["params", "registration"],
  ProtocolNotificationType0: ["registration"],
  NotificationType: ["params"],
};
const CHECKED = ["params", "result", "registration"];
const NONE = ["void", "never", "undefined"];

// Messages of the underlying protocol, which are no values of this package.
const methods = {
  "$/cancelRequest": { direction: "both", request: false, params: "CancelParams" },
  "$/progress": { direction: "both", request: false, params: "AnyProgressParams" },
  "$/setTrace": { direction: "clientToServer", request: false, params: "SetTraceParams" },
  "$/logTrace": { direction: "serverToClient", request: false, params: "LogTraceParams" },
};
const aliases = [
  "export type CancelParams = { id: integer | string };",
  "export type AnyProgressParams = { token: ProgressToken; value: LSPAny };",
  "export type SetTraceParams = { value: TraceValue };",
  "export type LogTraceParams = { message: string; verbose?: string };",
];
for (const symbol of exported) {
  const reference = messageType(symbol);
  const message = protocol[symbol.name]; // its method and direction are values, not types
  if (!reference || !message?.method) continue;
  const kind = reference.typeName.getText();
  if (!(kind in ARGUMENTS)) continue; // names a registration, which no message has
  const entry = { direction: message.messageDirection, request: kind.includes("Request") };
  ARGUMENTS[kind].forEach((part, index) => {
    const type = reference.typeArguments?.[index]?.getText() ?? "void";
    if (!CHECKED.includes(part) || NONE.includes(type)) return;
    entry[part] = `${symbol.name}_${part}`;
    aliases.push(`export type ${entry[part]} = ${type};`);
  });
  methods[message.method] = entry;
}

const names = exported.filter((symbol) => symbol.flags & ts.SymbolFlags.Type).map((symbol) => symbol.name);
writeFileSync(ENTRY, [`import type { ${names.join(", ")} } from "${PROTOCOL}";`, ...aliases, ""].join("\n"));
writeFileSync("tsconfig.json", JSON.stringify({ compilerOptions: { module: "ESNext", moduleResolution: "Bundler" }, files: [ENTRY] }));
const schema = createGenerator({ tsconfig: "tsconfig.json", path: ENTRY, type: "*", expose: "export", jsDoc: "none", skipTypeCheck: true }).createSchema("*");
// TypeScript has numbers only; what these stand for is said in comments.
const whole = {
  integer: { type: "integer", minimum: -(2 ** 31), maximum: 2 ** 31 - 1 },
  uinteger: { type: "integer", minimum: 0, maximum: 2 ** 31 - 1 },
};
process.stdout.write(JSON.stringify({ methods, definitions: { ...schema.definitions, ...whole } }));
