/** The entry in the editor's language status: whether the server runs, and which. */

import * as vscode from "vscode";

export class Status {
  private readonly item: vscode.LanguageStatusItem;

  constructor(selector: vscode.DocumentSelector) {
    this.item = vscode.languages.createLanguageStatusItem("apitfall", selector);
    this.item.name = "apitfall";
    this.item.command = { command: "apitfall.showLog", title: "Show Log" };
  }

  starting(): void {
    this.show("apitfall", "starting", { busy: true });
  }

  running(version: string, detail: string): void {
    this.show(`apitfall ${version}`, detail);
  }

  disabled(): void {
    this.show("apitfall", "disabled by the setting apitfall.enable");
  }

  stopped(reason: string): void {
    this.show("apitfall is not running", reason, { severity: vscode.LanguageStatusSeverity.Error });
  }

  dispose(): void {
    this.item.dispose();
  }

  private show(
    text: string,
    detail: string,
    { busy = false, severity = vscode.LanguageStatusSeverity.Information } = {},
  ): void {
    Object.assign(this.item, { text, detail, busy, severity });
  }
}
