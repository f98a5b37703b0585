// The part of `ms-python.python` that says which interpreter is selected for a folder; the tests select.
const vscode = require("vscode");

exports.activate = () => {
  const selected = new vscode.EventEmitter();
  const byFolder = new Map(Object.entries(JSON.parse(process.env.STUB_PYTHON ?? "{}")));
  const pathFor = (folder) => byFolder.get(folder?.fsPath) ?? "/usr/bin/python3";
  return {
    select(folder, path) {
      byFolder.set(folder.fsPath, path);
      selected.fire({ id: path, path, resource: folder });
    },
    environments: {
      onDidChangeActiveEnvironmentPath: selected.event,
      getActiveEnvironmentPath: (folder) => ({ id: pathFor(folder), path: pathFor(folder) }),
      resolveEnvironment: async ({ path }) => ({ executable: { uri: vscode.Uri.file(path) } }),
    },
  };
};
