/** Which Pythons there are: the one that is set, those of Python's own extensions, the project's, those on PATH. */

import { existsSync } from "node:fs";
import * as path from "node:path";
import type { Disposable, Event, Extension, Uri } from "vscode";

/** A Python and its arguments. */
export type Interpreter = string[];

/** What either of Python's extensions tells. */
export interface Selection {
  /** The interpreter that the user selected for a folder. */
  of(folder: Uri | undefined): Promise<Interpreter | undefined>;
  onDidChange(listener: () => void): Disposable;
}

type Extensions = (id: string) => Pick<Extension<unknown>, "activate"> | undefined;

/** The part that is used of what `ms-python.vscode-python-envs` exports; nothing if it is switched off. */
interface EnvironmentsApi {
  getEnvironment(folder: Uri | undefined): Promise<PythonEnvironment | undefined>;
  onDidChangeEnvironment: Event<unknown>;
}

interface PythonEnvironment {
  execInfo: { run: { executable: string; args?: string[] } };
}

/** The part that is used of what `ms-python.python` exports. */
interface PythonApi {
  environments: {
    getActiveEnvironmentPath(folder: Uri | undefined): unknown;
    resolveEnvironment(environment: unknown): Promise<{ executable: { uri: Uri | undefined } } | undefined>;
    onDidChangeActiveEnvironmentPath: Event<unknown>;
  };
}

export async function selectionOf(extensions: Extensions, warn: (sentence: string) => void): Promise<Selection | undefined> {
  const exportsOf = async (id: string): Promise<unknown> => {
    try {
      return await extensions(id)?.activate();
    } catch (error) {
      warn(`${id} could not be asked for the interpreter: ${String(error)}`);
      return undefined;
    }
  };
  const environments = (await exportsOf("ms-python.vscode-python-envs")) as EnvironmentsApi | undefined;
  if (environments?.getEnvironment !== undefined) {
    return {
      of: async (folder) => {
        const run = (await environments.getEnvironment(folder))?.execInfo.run;
        return run && [run.executable, ...(run.args ?? [])];
      },
      onDidChange: (listener) => environments.onDidChangeEnvironment(listener),
    };
  }
  const python = ((await exportsOf("ms-python.python")) as PythonApi | undefined)?.environments;
  return (
    python && {
      of: async (folder) => {
        const found = await python.resolveEnvironment(python.getActiveEnvironmentPath(folder));
        return found?.executable.uri && [found.executable.uri.fsPath];
      },
      onDidChange: (listener) => python.onDidChangeActiveEnvironmentPath(listener),
    }
  );
}

/** The folder of the virtual or conda environment that an interpreter belongs to, if it does. */
export function environmentOf([executable = ""]: Interpreter): string | undefined {
  const folder = path.dirname(executable);
  const marks = ["pyvenv.cfg", "conda-meta"];
  return [path.dirname(folder), folder].find((place) => marks.some((mark) => existsSync(path.join(place, mark))));
}

/** The interpreter of the environment in a folder, if there is one. */
export function projectInterpreters(folders: string[], platform: NodeJS.Platform = process.platform): Interpreter[] {
  const inside = platform === "win32" ? ["Scripts", "python.exe"] : ["bin", "python"];
  return folders.map((folder) => path.join(folder, ".venv", ...inside)).filter(existsSync).map((found) => [found]);
}

/** The names by which a Python can be started. */
export function commonInterpreters(platform: NodeJS.Platform = process.platform): Interpreter[] {
  return platform === "win32" ? [["py", "-3"], ["python"]] : [["python3"], ["python"]];
}
