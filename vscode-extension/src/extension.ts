/** Starts the language server and connects it with the editor. What can be known of code, the server knows. */

import { homedir } from "node:os";
import * as vscode from "vscode";
import {
  type ConfigurationItem,
  ExecuteCommandRequest,
  LanguageClient,
  type Middleware,
  RevealOutputChannelOn,
  State,
} from "vscode-languageclient/node";

import { type Application, createConfiguration, runCommand, SERVER_COMMANDS } from "./commands";
import {
  commonInterpreters,
  environmentOf,
  type Interpreter,
  projectInterpreters,
  type Selection,
  selectionOf,
} from "./interpreter";
import { findServer, NoServer, serialised } from "./server";
import { DECIDING, type Property, type Settings, settingsOf, withEnvironment } from "./settings";
import { Status } from "./status";

const NAME = "apitfall";
const DOCUMENTS = [
  { scheme: "file", language: "python" },
  { scheme: "untitled", language: "python" },
  { scheme: "file", pattern: "**/{pyproject,apitfall}.toml" },
];

let running: Running | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  running = new Running(context);
  await running.begin();
}

export async function deactivate(): Promise<void> {
  await running?.stop();
}

/** The one server of a window, for all its folders. */
class Running {
  readonly restart = serialised(() => this.startAgain());
  private readonly lookForApplication = serialised(() => this.showApplication());
  private readonly log = vscode.window.createOutputChannel(NAME, { log: true });
  private readonly trace = vscode.window.createOutputChannel(`${NAME} trace`, { log: true });
  private readonly status = new Status(DOCUMENTS);
  private client: LanguageClient | undefined;
  private selection: Selection | undefined;
  private selectionChanges: vscode.Disposable | undefined;

  constructor(private readonly context: vscode.ExtensionContext) {}

  async begin(): Promise<void> {
    const { commands, extensions, workspace } = vscode;
    this.context.subscriptions.push(
      this.log,
      this.trace,
      this.status,
      commands.registerCommand(`${NAME}.restart`, this.restart),
      commands.registerCommand(`${NAME}.showLog`, () => {
        this.log.show();
      }),
      commands.registerCommand(`${NAME}.createConfiguration`, () => createConfiguration(this.serverProperties())),
      vscode.window.onDidChangeActiveTextEditor(() => this.lookForApplication()),
      workspace.onDidSaveTextDocument(() => this.lookForApplication()),
      workspace.onDidGrantWorkspaceTrust(() => this.restart()),
      workspace.onDidChangeConfiguration(async (event) => {
        if (DECIDING.some((name) => event.affectsConfiguration(`${NAME}.${name}`))) {
          await this.restart();
        }
      }),
      extensions.onDidChange(async () => {
        if (workspace.isTrusted && (await this.followSelection())) {
          await this.restart();
        }
      }),
      new vscode.Disposable(() => {
        this.selectionChanges?.dispose();
      }),
    );
    await this.restart();
  }

  async stop(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    this.status.found(undefined);
    await offer([]);
    if (client?.needsStop()) {
      await client.dispose();
    }
  }

  private async startAgain(): Promise<void> {
    await this.stop();
    const settings = this.settings();
    if (!settings.enable) {
      this.status.disabled();
      return;
    }
    this.status.starting();
    try {
      await this.start(settings);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.log.error(reason);
      this.status.stopped(reason);
      void this.complain(reason, error instanceof NoServer);
    }
  }

  private async start(settings: Settings): Promise<void> {
    const server = await findServer(settings, await this.interpreters(settings), this.context.extensionPath);
    this.log.info(`${server.detail}: ${[server.command, ...server.args].join(" ")}`);
    const { command, args } = server;
    const executable = { command, args, options: { cwd: this.context.extensionPath } };
    const client = new LanguageClient(NAME, NAME, executable, {
      documentSelector: DOCUMENTS,
      outputChannel: this.log,
      traceOutputChannel: this.trace,
      revealOutputChannelOn: RevealOutputChannelOn.Never,
      initializationFailedHandler: () => false,
      middleware: this.middleware(),
      diagnosticPullOptions: { onChange: true },
    });
    this.client = client;
    client.onDidChangeState(async ({ newState }) => {
      if (newState === State.Running) {
        const { capabilities, serverInfo } = client.initializeResult ?? {};
        this.status.running(serverInfo?.version ?? "", server.detail);
        await offer(capabilities?.executeCommandProvider?.commands ?? []);
        if (this.client === client) {
          await client.start(); // it runs before it has told of the open documents
          await this.lookForApplication();
        }
      } else if (newState === State.Stopped && this.client === client) {
        this.status.stopped("it stopped; the log says why");
        this.status.found(undefined);
        await offer([]);
      }
    });
    await client.start();
  }

  /** Show the application of the active document's project, if the server knows one. */
  private async showApplication(): Promise<void> {
    const { client } = this;
    const command = `${NAME}.application`;
    const document = vscode.window.activeTextEditor?.document;
    const commands = client?.initializeResult?.capabilities.executeCommandProvider?.commands ?? [];
    if (!client?.isRunning() || document?.languageId !== "python" || !commands.includes(command)) {
      this.status.found(undefined);
      return;
    }
    const uri = client.code2ProtocolConverter.asUri(document.uri);
    const asked = client.sendRequest(ExecuteCommandRequest.type, { command, arguments: [uri] });
    const found = (await asked.catch(() => null)) as Application; // a server that stops meanwhile answers no more
    this.status.found(this.client === client ? found?.name : undefined, uri);
  }

  private middleware(): Middleware {
    return {
      executeCommand: (command, args: unknown[], next) => runCommand(command, args, next, this.serverProperties()),
      workspace: {
        configuration: async (params, token, next) => {
          const found = await next(params, token);
          return Array.isArray(found) ? this.withEnvironments(found, params.items) : found;
        },
      },
    };
  }

  /** The server's settings for some folders, with the environments that the user selected for them. */
  private withEnvironments(settings: unknown[], items: ConfigurationItem[]): Promise<unknown[]> {
    return Promise.all(
      settings.map(async (found, number) => {
        const scope = items[number]?.scopeUri;
        const interpreter = await this.selection?.of(scope === undefined ? undefined : vscode.Uri.parse(scope));
        return withEnvironment(found, interpreter && environmentOf(interpreter));
      }),
    );
  }

  /** Those that may run the server, the best one first. In a folder that is not trusted, nothing of it is run. */
  private async interpreters({ interpreter }: Settings): Promise<Interpreter[]> {
    if (interpreter.length > 0) {
      return [interpreter];
    }
    if (!vscode.workspace.isTrusted) {
      return commonInterpreters();
    }
    const folders = vscode.workspace.workspaceFolders ?? [];
    await this.followSelection();
    const selected = await this.selection?.of(folders[0]?.uri);
    const project = projectInterpreters(folders.map((folder) => folder.uri.fsPath));
    return [...(selected ? [selected] : []), ...project, ...commonInterpreters()];
  }

  /** Ask one of Python's own extensions from now on, if there is one; says whether that is new. */
  private async followSelection(): Promise<boolean> {
    if (this.selection !== undefined) {
      return false;
    }
    this.selection = await selectionOf(vscode.extensions.getExtension, (sentence) => {
      this.log.warn(sentence);
    });
    this.selectionChanges = this.selection?.onDidChange(() => void this.restart());
    return this.selection !== undefined;
  }

  private settings(): Settings {
    const section = vscode.workspace.getConfiguration(NAME);
    const folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath;
    return settingsOf((name, otherwise) => section.get(name, otherwise), { home: homedir(), folder });
  }

  /** The server's settings, as they are declared to the editor. */
  private serverProperties(): Record<string, Property> {
    const manifest = this.context.extension.packageJSON as {
      contributes: { configuration: { properties: Record<string, Property> }[] };
    };
    return manifest.contributes.configuration[1]?.properties ?? {};
  }

  private async complain(reason: string, canBeSet: boolean): Promise<void> {
    const choices = canBeSet ? ["Open Settings", "Show Log"] : ["Show Log"];
    const chosen = await vscode.window.showErrorMessage(reason, ...choices);
    if (chosen === "Open Settings") {
      const page = vscode.env.remoteName === undefined ? "openSettings" : "openRemoteSettings";
      await vscode.commands.executeCommand(`workbench.action.${page}`, { query: `${NAME}.interpreter` });
    } else if (chosen === "Show Log") {
      this.log.show();
    }
  }
}

/** Let the palette have those of the server's commands that it knows. */
async function offer(commands: string[]): Promise<void> {
  for (const name of SERVER_COMMANDS) {
    await vscode.commands.executeCommand("setContext", `${name}.isOffered`, commands.includes(name));
  }
}
