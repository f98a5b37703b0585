import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { describe, expect, it, vi } from "vitest";

import { commonInterpreters, environmentOf, projectInterpreters, selectionOf } from "../../src/interpreter";

type Activate = () => unknown;

const extensions = (found: Record<string, Activate>) => (id: string) => {
  const activate = found[id];
  return activate && { activate: () => Promise.resolve().then(activate) };
};

const environments = () => ({
  getEnvironment: (folder: unknown) =>
    Promise.resolve(folder === "nowhere" ? undefined : { execInfo: { run: { executable: "/new/python", args: ["-x"] } } }),
  onDidChangeEnvironment: (listener: () => void) => (listener(), { dispose: vi.fn() }),
});

const python = () => ({
  environments: {
    getActiveEnvironmentPath: (folder: unknown) => folder,
    resolveEnvironment: (found: unknown) =>
      Promise.resolve(found === "nowhere" ? undefined : { executable: { uri: { fsPath: "/old/python" } } }),
    onDidChangeActiveEnvironmentPath: (listener: () => void) => (listener(), { dispose: vi.fn() }),
  },
});

describe("selectionOf", () => {
  const NEW = "ms-python.vscode-python-envs";
  const OLD = "ms-python.python";

  it.each([
    ["the new extension", { [NEW]: environments }, ["/new/python", "-x"]],
    ["the old extension", { [OLD]: python }, ["/old/python"]],
    ["both", { [NEW]: environments, [OLD]: python }, ["/new/python", "-x"]],
    ["the new one switched off", { [NEW]: () => undefined, [OLD]: python }, ["/old/python"]],
  ])("asks %s", async (_, found, expected) => {
    const selection = await selectionOf(extensions(found), vi.fn());
    expect(await selection?.of(undefined)).toEqual(expected);
    expect(await selection?.of("nowhere" as never)).toBeUndefined();
    const changed = vi.fn();
    selection?.onDidChange(changed);
    expect(changed).toHaveBeenCalledOnce();
  });

  it("does without", async () => {
    expect(await selectionOf(extensions({}), vi.fn())).toBeUndefined();
  });

  it("does without one that cannot be activated, and says so", async () => {
    const warn = vi.fn();
    const broken = () => {
      throw new Error("no");
    };
    const selection = await selectionOf(extensions({ [NEW]: broken, [OLD]: python }), warn);
    expect(await selection?.of(undefined)).toEqual(["/old/python"]);
    expect(warn).toHaveBeenCalledWith(expect.stringContaining("Error: no"));
  });
});

describe("environments", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "environment-"));
  const inside = path.join(folder, ".venv", "bin", "python");
  mkdirSync(path.dirname(inside), { recursive: true });
  writeFileSync(inside, "");
  writeFileSync(path.join(folder, ".venv", "pyvenv.cfg"), "");
  mkdirSync(path.join(folder, "conda", "conda-meta"), { recursive: true });

  it.each([
    ["a virtual environment", [inside], path.join(folder, ".venv")],
    ["conda on Windows", [path.join(folder, "conda", "python.exe")], path.join(folder, "conda")],
    ["conda elsewhere", [path.join(folder, "conda", "bin", "python")], path.join(folder, "conda")],
    ["the system's Python", [path.join(folder, "bin", "python3")], undefined],
  ])("finds %s", (_, interpreter, expected) => {
    expect(environmentOf(interpreter)).toBe(expected);
  });

  it("finds a project's own interpreter", () => {
    expect(projectInterpreters([folder, "/nowhere"], "linux")).toEqual([[inside]]);
    expect(projectInterpreters([folder], "win32")).toEqual([]);
  });

  it("knows the common names", () => {
    expect(commonInterpreters("linux")).toEqual([["python3"], ["python"]]);
    expect(commonInterpreters("win32")[0]).toEqual(["py", "-3"]);
  });
});
