/** Which server runs, and with which Python. */

import { execFile, type ExecFileException } from "node:child_process";
import { readdirSync } from "node:fs";
import * as path from "node:path";

import type { Interpreter } from "./interpreter";
import type { Settings } from "./settings";



export interface Server {
  command: string;
  args: string[];
  /** What a person wants to know of it. */
  detail: string;
}

/** There is no server that could be started; the message says what to do. */
export class NoServer extends Error {}

interface Answer {
  problem: string | null;
  python: string;
  bundled: boolean;
}

const PATIENCE = 20_000; // milliseconds for a Python to answer; the first one after a boot is slow on some machines

/**
 * The server that the settings name, or that of the first interpreter that can run one.
 *
 * Nothing is started in a folder of the workspace, where a file could stand in for a module.
 */
export async function findServer(settings: Settings, interpreters: Interpreter[], extension: string): Promise<Server> {
  const [command, ...args] = settings.path;
  if (command !== undefined) {
    return { command, args, detail: settings.path.join(" ") };
  }
  const script = path.join(extension, "bundled", "tool", "server.py");
  const reasons: string[] = [];
  for (const [python = "", ...own] of interpreters) {
    const start = [...own, ...flags(settings), script];
    const answer = await ask(python, [...start, "--check", settings.importStrategy], extension);
    if (typeof answer === "string") {
      reasons.push(`${python} ${answer}.`);
    } else if (answer.problem !== null) {
      reasons.push(`${python} ${answer.problem}.${advice(answer.problem, [python, ...own], extension)}`);
    } else {
      const origin = answer.bundled ? "bundled server" : "server of its environment";
      const detail = `Python ${answer.python} (${python}), ${origin}`;
      return { command: python, args: [...start, settings.importStrategy], detail };
    }
  }
  throw new NoServer(`apitfall needs Python 3.10 or newer. ${reasons.join(" ")} Install one, or name one in the setting apitfall.interpreter.`);
}

/** What is bundled runs without anything of the user's environment; what is not may be just there. */
function flags({ importStrategy }: Settings): string[] {
  return importStrategy === "useBundled" ? ["-I", "-X", "utf8"] : ["-X", "utf8"];
}

/** How to get a server where the extension has none for this platform. */
function advice(problem: string, interpreter: Interpreter, extension: string): string {
  const folder = path.join(extension, "bundled");
  const wheel = readdirSync(folder).find((name) => name.endsWith(".whl"));
  if (wheel === undefined || !problem.startsWith("has no apitfall")) {
    return "";
  }
  const command = [...interpreter, "-m", "pip", "install", path.join(folder, wheel)];
  return ` To install it: ${command.map((part) => (part.includes(" ") ? `"${part}"` : part)).join(" ")}`;
}

/** What a Python says of itself, or the reason why it says nothing. */
function ask(python: string, args: string[], cwd: string): Promise<Answer | string> {
  return new Promise((resolve) => {
    execFile(python, args, { cwd, timeout: PATIENCE, windowsHide: true }, (error, stdout, stderr) => {
      try {
        resolve(error === null ? (JSON.parse(stdout) as Answer) : reason(error, stderr));
      } catch {
        resolve("did not answer as a Python does");
      }
    });
  });
}

function reason(error: ExecFileException, stderr: string): string {
  if (error.code === "ENOENT") {
    return "was not found";
  }
  if (error.killed) {
    return "did not answer";
  }
  const last = stderr.trim().split("\n").at(-1);
  return `could not be started (${last === undefined || last === "" ? error.message : last})`;
}

/** Lets some work be asked for at any time: it never runs twice at once, and what has not begun is done for all. */
export function serialised(work: () => Promise<void>): () => Promise<void> {
  let last = Promise.resolve();
  let waiting: Promise<void> | undefined;
  const run = () => {
    waiting = undefined;
    return work();
  };
  return () => {
    waiting ??= last = last.then(run, run);
    return waiting;
  };
}
