/** The entries in the editor's language status: whether the server runs, and which; and the project's application. */

import * as vscode from "vscode";

export class Status {
  private readonly item: vscode.LanguageStatusItem;
  private application: vscode.LanguageStatusItem | undefined;

  constructor(private readonly selector: vscode.DocumentSelector) {
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

  /** Show the application of the project that a document is in, or that none is known. */
  found(name: string | undefined, document?: string): void {
    this.application?.dispose();
    this.application = undefined;
    if (name !== undefined) {
      this.application = vscode.languages.createLanguageStatusItem("apitfall.application", this.selector);
      this.application.name = "apitfall: Application";
      this.application.text = `Application: ${name}`;
      this.application.command = { command: "apitfall.application", title: "Open", arguments: [document] };
    }
  }

  dispose(): void {
    this.item.dispose();
    this.application?.dispose();
  }

  private show(
    text: string,
    detail: string,
    { busy = false, severity = vscode.LanguageStatusSeverity.Information } = {},
  ): void {
    Object.assign(this.item, { text, detail, busy, severity });
  }
}
