/** What the palette's commands ask of the user before, and show after, the server has run them. */

import * as vscode from "vscode";
import type { ExecuteCommandSignature, Location } from "vscode-languageclient/node";

import { isConfigured, newConfiguration, type Property, rulesOf } from "./settings";

/** The server's commands that are in the palette. */
export const SERVER_COMMANDS = ["fixFile", "fixWorkspace", "checkWorkspace", "explain"].map((name) => `apitfall.${name}`);

/** The application that a project's pyproject.toml names; null where the server knows none. */
export type Application = { name: string; location: Location } | null;

type Properties = Record<string, Property>;

/** Run a command of the server's; a palette gives no arguments, so what it needs is taken from the editor. */
export async function runCommand(
  command: string,
  args: unknown[],
  next: ExecuteCommandSignature,
  properties: Properties,
): Promise<unknown> {
  switch (command) {
    case "apitfall.fixFile": {
      const uri = vscode.window.activeTextEditor?.document.uri.toString();
      return said(await next(command, args.length > 0 || uri === undefined ? args : [uri]));
    }
    case "apitfall.fixWorkspace":
      return said(await next(command, args));
    case "apitfall.explain": {
      const rule = args[0] ?? (await pickRule(properties));
      return rule === undefined ? undefined : opened(await next(command, [rule]));
    }
    case "apitfall.checkWorkspace":
      return counted(await next(command, args));
    case "apitfall.application":
      return shown((await next(command, args)) as Application);
    default:
      return next(command, args);
  }
}

/** Let the user choose a rule; those that found something at the cursor come first. */
async function pickRule(properties: Properties): Promise<string | undefined> {
  const editor = vscode.window.activeTextEditor;
  const at = editor?.selection.active;
  const here = (editor ? vscode.languages.getDiagnostics(editor.document.uri) : [])
    .filter(({ range, source }) => source === "apitfall" && at !== undefined && range.contains(at))
    .map(({ code }) => (typeof code === "object" ? code.value : code));
  const items = rulesOf(properties).sort((a, b) => Number(here.includes(b.label)) - Number(here.includes(a.label)));
  return (await vscode.window.showQuickPick(items, { placeHolder: "The rule to explain", matchOnDetail: true }))?.label;
}

/** Show the page of a rule as it is meant to be read. */
async function opened(answer: unknown): Promise<unknown> {
  const { url } = answer as { url: string };
  await vscode.commands.executeCommand("markdown.showPreview", vscode.Uri.parse(url));
  return answer;
}

/** Open the file where the application is made. */
async function shown(application: Application): Promise<unknown> {
  if (application !== null) {
    const { start, end } = application.location.range;
    const selection = new vscode.Range(start.line, start.character, end.line, end.character);
    await vscode.window.showTextDocument(vscode.Uri.parse(application.location.uri), { selection });
  }
  return application;
}

/** Tell the user why nothing was done, where that is so. */
function said(answer: unknown): unknown {
  const { reason } = (answer ?? {}) as { reason?: string };
  if (reason !== undefined) {
    void vscode.window.showInformationMessage(reason);
  }
  return answer;
}

/** Show what the check of a workspace found, where the list of problems shows it. */
async function counted(answer: unknown): Promise<unknown> {
  const { files, findings, cancelled } = answer as { files: number; findings: number; cancelled: boolean };
  const checked = `${String(findings)} findings in ${String(files)} files`;
  void vscode.window.showInformationMessage(cancelled ? `The check was cancelled after ${checked}.` : `${checked}.`);
  if (findings > 0) {
    await vscode.commands.executeCommand("workbench.actions.view.problems");
  }
  return answer;
}

/** Open the settings of the workspace's first folder, which are made first if there are none. */
export async function createConfiguration(properties: Properties): Promise<void> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  if (folder === undefined) {
    void vscode.window.showInformationMessage("Settings belong to a folder: open one first.");
    return;
  }
  const own = vscode.Uri.joinPath(folder, "apitfall.toml");
  const shared = vscode.Uri.joinPath(folder, "pyproject.toml");
  if (await exists(own)) {
    await vscode.window.showTextDocument(own);
  } else if (await exists(shared)) {
    const editor = await vscode.window.showTextDocument(shared);
    const text = editor.document.getText();
    if (!isConfigured(text)) {
      const end = editor.document.positionAt(text.length);
      const gap = text === "" || text.endsWith("\n") ? "\n" : "\n\n";
      await editor.edit((edit) => {
        edit.insert(end, gap + newConfiguration(properties, "[tool.apitfall]\n"));
      });
      editor.revealRange(new vscode.Range(end, end));
    }
  } else {
    await vscode.workspace.fs.writeFile(own, Buffer.from(newConfiguration(properties, "")));
    await vscode.window.showTextDocument(own);
  }
}

async function exists(uri: vscode.Uri): Promise<boolean> {
  try {
    await vscode.workspace.fs.stat(uri);
    return true;
  } catch {
    return false;
  }
}
