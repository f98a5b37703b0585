import { describe, expect, it } from "vitest";

import { isConfigured, newConfiguration, rulesOf, settingsOf, withEnvironment } from "../../src/settings";

const places = { home: "/home/ada", folder: "/home/ada/shop" };

describe("settingsOf", () => {
  const settings = (given: Record<string, unknown>, where = places) =>
    settingsOf(<T>(name: string, otherwise: T) => (name in given ? (given[name] as T) : otherwise), where);

  it("has a default for everything", () => {
    expect(settings({})).toEqual({ enable: true, importStrategy: "useBundled", interpreter: [], path: [] });
  });

  it.each([
    ["~/bin/python", "/home/ada/bin/python"],
    ["~ada/bin/python", "~ada/bin/python"],
    ["${userHome}/bin/python", "/home/ada/bin/python"],
    ["${workspaceFolder}/.venv/bin/python", "/home/ada/shop/.venv/bin/python"],
    ["/usr/bin/python3", "/usr/bin/python3"],
  ])("expands %s", (written, expanded) => {
    expect(settings({ interpreter: [written] }).interpreter).toEqual([expanded]);
    expect(settings({ path: [written, "server"] }).path).toEqual([expanded, "server"]);
  });

  it("leaves the folder's name where there is no folder", () => {
    const none = settings({ interpreter: ["${workspaceFolder}/python"] }, { ...places, folder: undefined as never });
    expect(none.interpreter).toEqual(["${workspaceFolder}/python"]);
  });
});

describe("withEnvironment", () => {
  it.each([
    [{ environment: null }, "/venv", { environment: "/venv" }],
    [{ environment: "mine" }, "/venv", { environment: "mine" }],
    [{ ignore: [] }, "/venv", { ignore: [], environment: "/venv" }],
    [{ ignore: [] }, undefined, { ignore: [] }],
    [null, "/venv", null],
  ])("%j in %s", (settings, environment, expected) => {
    expect(withEnvironment(settings, environment)).toEqual(expected);
  });
});

const properties = {
  "apitfall.select": {
    markdownDescription: "The rules that run.",
    type: "array",
    items: { enum: ["a-rule", "b-rule"], enumDescriptions: ["Finds a.", "Finds b."] },
  },
  "apitfall.exclude": { markdownDescription: "Left out.", type: ["array", "null"] },
  "apitfall.severity": { markdownDescription: "Levels.", type: "object" },
  "apitfall.docs-url": { markdownDescription: "Pages.", type: ["string", "null"] },
};

it("makes a settings file of comments", () => {
  expect(newConfiguration(properties, "[tool.apitfall]\n")).toBe(
    "[tool.apitfall]\n# The rules that run.\n# select = []\n\n# Left out.\n# exclude = []\n\n" +
      '# Levels.\n# severity = {}\n\n# Pages.\n# docs-url = ""\n',
  );
});

it("lists the rules", () => {
  expect(rulesOf(properties)).toEqual([
    { label: "a-rule", detail: "Finds a." },
    { label: "b-rule", detail: "Finds b." },
  ]);
  expect(rulesOf({})).toEqual([]);
});

it.each([
  ["[tool.apitfall]\n", true],
  ["[project]\n\n[tool.apitfall.severity]\n", true],
  [" [ tool . apitfall ]\n", true],
  ["[tool.apitfallen]\n", false],
  ["# [tool.apitfall]\n", false],
  ["", false],
])("sees whether there are settings in %j", (text, expected) => {
  expect(isConfigured(text)).toBe(expected);
});
