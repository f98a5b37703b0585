// Runs inside the extensions' host, in a workspace of two folders, with a stand-in for the Python extension.
const assert = require("node:assert/strict");
const { readdirSync, readFileSync } = require("node:fs");
const path = require("node:path");
const vscode = require("vscode");

const PATIENCE = 120_000;

async function until(is, what) {
  for (const end = Date.now() + PATIENCE; ; await new Promise((resolve) => setTimeout(resolve, 50))) {
    const found = await is();
    if (found) {
      return found;
    }
    assert(Date.now() < end, `waited in vain for ${what}`);
  }
}

const config = () => vscode.workspace.getConfiguration("apitfall");
const set = (name, value) => config().update(name, value, vscode.ConfigurationTarget.Workspace);
const own = (uri) => vscode.languages.getDiagnostics(uri).filter(({ source }) => source === "apitfall");
const codes = (uri) => own(uri).map(({ code }) => code.value);
const hears = (uri, rule) => until(() => codes(uri).includes(rule), `${rule} in ${uri.path}`);

/** What each server said and heard that was started with a Python; one that was only asked what it is said nothing. */
const traffic = (environment) => {
  const folder = path.join(environment, "traffic");
  const logs = readdirSync(folder).map((name) => readFileSync(path.join(folder, name), "utf8"));
  // What is behind the last line's end is still being written.
  return logs.filter(Boolean).map((log) => log.split("\n").slice(0, -1).map((line) => JSON.parse(line)));
};
const environmentsIn = (log) =>
  log.flatMap(({ from, message }) => (from === "client" && Array.isArray(message.result) ? message.result : [])).map((settings) => settings?.environment);

exports.run = async () => {
  const [one, two] = vscode.workspace.workspaceFolders.map(({ uri }) => uri);
  const [first, second] = JSON.parse(process.env.TEST_ENVIRONMENTS);
  const orders = vscode.Uri.joinPath(one, "shop", "routers", "orders.py");
  const other = vscode.Uri.joinPath(two, "main.py");
  const python = (environment) => path.join(environment, "bin", "python");
  const stub = await vscode.extensions.getExtension("ms-python.python").activate();

  // One server for both folders, run by the Python that is selected for the first.
  const document = await vscode.workspace.openTextDocument(orders);
  await vscode.window.showTextDocument(document);
  await vscode.workspace.openTextDocument(other);
  await hears(orders, "missing-await");
  await hears(other, "missing-await");
  assert.equal(traffic(first).length, 1);
  assert.deepEqual([...new Set(environmentsIn(traffic(first)[0]))].sort(), [first, second].sort());

  // A finding and what can be done about it.
  const finding = own(orders).find(({ code }) => code.value === "missing-await");
  assert.equal(finding.severity, vscode.DiagnosticSeverity.Error);
  assert.match(finding.code.target.path, /bundled\/libs\/apitfall_rules\/missing-await\.md$/);
  const actions = await vscode.commands.executeCommand("vscode.executeCodeActionProvider", orders, finding.range, "quickfix", 10);
  assert.equal(actions[0].title, "Add `await`");
  assert(await vscode.workspace.applyEdit(actions[0].edit));
  await until(() => !codes(orders).includes("missing-await"), "the finding to go");
  await vscode.commands.executeCommand("undo");
  await hears(orders, "missing-await");

  // Its page.
  const answer = await vscode.commands.executeCommand("apitfall.explain", "missing-await");
  assert.match(answer.markdown, /^# missing-await/);

  // The application that the project names.
  const application = await vscode.commands.executeCommand("apitfall.application", orders.toString());
  assert.equal(application.name, "shop.main:app");
  const { document: opened, selection } = vscode.window.activeTextEditor;
  assert.equal(`${opened.lineAt(selection.start).text.slice(0, 10)}|${opened.getText(selection)}`, "app = Fast|app");
  assert.equal(await vscode.commands.executeCommand("apitfall.application", other.toString()), null);

  // The server's settings reach it, and it goes on.
  await set("ignore", ["missing-await"]);
  await until(() => !codes(orders).includes("missing-await"), "the rule to be ignored");
  await set("ignore", undefined);
  await hears(orders, "missing-await");
  assert.equal(traffic(first).length, 1);

  // Another Python, and none at all.
  stub.select(one, python(second));
  await until(() => own(orders).length === 0, "the old server to go");
  await hears(orders, "missing-await");
  assert.equal(traffic(second).length, 1);
  await set("enable", false);
  await until(() => own(orders).length === 0 && own(other).length === 0, "silence");
  await set("enable", undefined);
  await hears(orders, "missing-await");
  assert.equal(traffic(second).length, 2);

  // Many restarts at once are one after another, and no more than are needed.
  await Promise.all([1, 2, 3, 4].map(() => vscode.commands.executeCommand("apitfall.restart")));
  await hears(orders, "missing-await");
  assert(traffic(second).length <= 4);

  // A file the settings can be written to.
  await vscode.commands.executeCommand("apitfall.createConfiguration");
  assert.match(vscode.window.activeTextEditor.document.getText(), /^\[tool\.apitfall\]$/m);
  console.log(`tests in VS Code ${vscode.version} passed`);
};
