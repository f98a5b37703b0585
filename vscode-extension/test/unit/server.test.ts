import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { beforeEach, describe, expect, it } from "vitest";

import { findServer, NoServer, serialised } from "../../src/server";
import type { Settings } from "../../src/settings";

const settings: Settings = { enable: true, importStrategy: "useBundled", interpreter: [], path: [] };
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "server-"));
  mkdirSync(path.join(folder, "bundled"));
});

/** A program that stands in for a Python; it prints its arguments to the file `asked`, and then what it is to say. */
function python(name: string, says: string, status = 0): string {
  const file = path.join(folder, name);
  writeFileSync(file, `#!/bin/sh\necho "$PWD $*" >>${folder}/asked\n${says}\nexit ${status}\n`);
  chmodSync(file, 0o755);
  return file;
}

const answers = (problem: string | null, bundled = true) =>
  `echo '${JSON.stringify({ problem, python: "3.12.1", bundled })}'`;

describe("findServer", () => {
  it("starts what is set, and asks no Python", async () => {
    const server = await findServer({ ...settings, path: ["apitfall", "server"] }, [["/no/python"]], folder);
    expect(server).toMatchObject({ command: "apitfall", args: ["server"] });
  });

  it("takes the first Python that can run the server", async () => {
    const found = [["/no/python"], [python("old", answers("is Python 3.8.1; 3.10 or newer is needed"))], [python("good", answers(null)), "-x"]];
    const server = await findServer(settings, [...found, [python("later", answers(null))]], folder);
    const script = path.join(folder, "bundled", "tool", "server.py");
    expect(server.command).toBe(path.join(folder, "good"));
    expect(server.args).toEqual(["-x", "-I", "-X", "utf8", script, "useBundled"]);
    expect(server.detail).toBe(`Python 3.12.1 (${server.command}), bundled server`);
  });

  it("lets a server of the environment have its environment", async () => {
    const own: Settings = { ...settings, importStrategy: "fromEnvironment" };
    const server = await findServer(own, [[python("good", answers(null, false))]], folder);
    expect(server.args).not.toContain("-I");
    expect(server.args.at(-1)).toBe("fromEnvironment");
    expect(server.detail).toContain("server of its environment");
  });

  it.each([
    ["a missing one", () => "/no/where/python3", "/no/where/python3 was not found."],
    ["an old one", () => python("old", answers("is Python 3.8.1; 3.10 or newer is needed")), "old is Python 3.8.1; 3.10 or newer is needed."],
    ["one that fails", () => python("bad", "echo no good >&2", 3), "bad could not be started (no good)."],
    ["one that says nothing", () => python("bad", "", 3), "bad could not be started ("],
    ["something else", () => python("bad", "echo hello"), "bad did not answer as a Python does."],
  ])("says what is wrong with %s", async (_, make, sentence) => {
    const failed = findServer(settings, [[make()]], folder);
    await expect(failed).rejects.toThrow(NoServer);
    await expect(failed).rejects.toThrow(sentence);
    await expect(failed).rejects.toThrow("name one in the setting apitfall.interpreter");
  });

  it("says how to install the server where it could not be bundled", async () => {
    const wheel = path.join(folder, "bundled", "apitfall-0.1.0-py3-none-any.whl");
    writeFileSync(wheel, "");
    const bare = python("a python", answers("has no apitfall, and none for it came with this extension"));
    await expect(findServer(settings, [[bare]], folder)).rejects.toThrow(`To install it: "${bare}" -m pip install ${wheel}`);
  });
});

describe("serialised", () => {
  it("never runs twice at once, and once for all that wait", async () => {
    let running = 0;
    let runs = 0;
    const work = serialised(async () => {
      expect(++running).toBe(1);
      runs++;
      await new Promise((resolve) => setImmediate(resolve));
      running--;
    });
    const first = work();
    await Promise.resolve();
    await Promise.all([first, work(), work(), work()]);
    expect(runs).toBe(2);
    await work();
    expect(runs).toBe(3);
  });

  it("goes on after a failure, which is told to who asked", async () => {
    let fails = true;
    const work = serialised(() => (fails ? Promise.reject(new Error("no")) : Promise.resolve()));
    await expect(work()).rejects.toThrow("no");
    fails = false;
    await work();
  });
});
