// Starts the tests of test/inhost inside the extensions' host of a real VS Code, and waits for their end.
import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";

import { BUILD, Code, EXTENSION, PYTHON, ROOT, WHICH } from "./vscode.mjs";

const SECOND = `import asyncio


async def main() -> None:
    asyncio.sleep(1)  # from fastapi import nothing


from fastapi import FastAPI  # noqa: E402

app = FastAPI()
`;

/** An environment whose Python records what the server says. */
function environment(folder, name) {
  const home = path.join(folder, name);
  mkdirSync(path.join(home, "bin"), { recursive: true });
  writeFileSync(path.join(home, "pyvenv.cfg"), "");
  const record = path.join(EXTENSION, "test", "ui", "record.py");
  const command = `exec ${PYTHON} -I ${record} ${home}/traffic ${PYTHON} "$@"`;
  writeFileSync(path.join(home, "bin", "python"), `#!/bin/sh\n${command}\n`, { mode: 0o755 });
  return home;
}

test("inside the extensions' host", { skip: WHICH !== "current" && "only the current one takes the tests" }, async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), "apitfall-"));
  const [one, two] = ["demo", "second"].map((name) => path.join(folder, name));
  cpSync(path.join(ROOT, "docs", "demo"), one, { recursive: true });
  mkdirSync(two);
  writeFileSync(path.join(two, "main.py"), SECOND);
  const workspace = path.join(folder, "both.code-workspace");
  writeFileSync(workspace, JSON.stringify({ folders: [{ path: one }, { path: two }] }));
  const environments = ["first", "other"].map((name) => environment(folder, name));
  const [first, other] = environments.map((home) => path.join(home, "bin", "python"));

  const code = await Code.start({
    env: { TEST_ENVIRONMENTS: JSON.stringify(environments), STUB_PYTHON: JSON.stringify({ [one]: first, [two]: other }) },
    args: ["--enable-smoke-test-driver"],
  });
  t.after(() => code.stop());
  const said = [];
  const remote = (...parts) => `vscode-remote://${new URL(code.url).host}${path.join(EXTENSION, "test", ...parts)}`;
  const payload = [
    ["extensionDevelopmentPath", remote("stub-python")],
    ["extensionTestsPath", remote("inhost", "index.js")],
    ["skipWelcome", "true"],
  ];
  const ended = code.run(workspace, payload, (line) => said.push(line));
  assert.equal(await ended, 0, said.join("\n"));
  for (const [number, home] of environments.entries()) {
    cpSync(path.join(home, "traffic"), path.join(BUILD, "traffic", WHICH, `inhost-${number}`), { recursive: true });
  }
});
