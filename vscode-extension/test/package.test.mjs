// What is in the packed extensions, and that they are made of what stands in the repository.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";

const EXTENSION = path.resolve(import.meta.dirname, "..");
const ROOT = path.dirname(EXTENSION);
const FOLDER = path.join(ROOT, "build", "vscode", "vsix");
const PYTHONS = ["310", "311", "312", "313", "314"];
const SUFFIXES = {
  "alpine-arm64": (python) => `cpython-${python}-aarch64-linux-${alpine(python)}.so`,
  "alpine-x64": (python) => `cpython-${python}-x86_64-linux-${alpine(python)}.so`,
  "darwin-arm64": (python) => `cpython-${python}-darwin.so`,
  "linux-arm64": (python) => `cpython-${python}-aarch64-linux-gnu.so`,
  "linux-x64": (python) => `cpython-${python}-x86_64-linux-gnu.so`,
  "win32-arm64": (python) => `cp${python}-win_arm64.pyd`,
  "win32-x64": (python) => `cp${python}-win_amd64.pyd`,
};
// CPython 3.10 does not tell musl from glibc in its files' names.
function alpine(python) {
  return python === "310" ? "gnu" : "musl";
}
const OWN = [
  "LICENSE.txt",
  "bundled/tool/server.py",
  "changelog.md",
  "dist/extension.js",
  "images/icon.png",
  "package.json",
  "readme.md",
  "walkthrough/configure.md",
  "walkthrough/finding.md",
  "walkthrough/fix.md",
];
const PURE = "attr attrs cattr cattrs exceptiongroup jedi lsprotocol packaging parso pathspec platformdirs pygls tomli".split(" ");

function filesIn(vsix) {
  const script = "import sys, zipfile; print('\\n'.join(zipfile.ZipFile(sys.argv[1]).namelist()))";
  const names = execFileSync(process.env.PYTHON ?? "python3", ["-c", script, vsix], { encoding: "utf8", maxBuffer: 1 << 24 });
  const prefix = "extension/";
  return names.trim().split("\n").filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
}

const vsixes = readdirSync(FOLDER).filter((name) => name.endsWith(".vsix"));
assert.ok(vsixes.length > 0, "scripts/package.sh packs the extension");

for (const vsix of vsixes) {
  test(vsix, () => {
    const target = vsix.replace(/^apitfall-|\.vsix$/g, "");
    const files = filesIn(path.join(FOLDER, vsix));
    const libraries = files.filter((name) => name.startsWith("bundled/libs/")).map((name) => name.slice(13));
    const others = files.filter((name) => !name.startsWith("bundled/libs/")).sort();
    if (target === "universal") {
      assert.deepEqual(others, [...OWN, "bundled/apitfall-0.1.0-py3-none-any.whl"].sort());
      assert.deepEqual(libraries, []);
      return;
    }
    assert.deepEqual(others, OWN);
    const compiled = libraries.filter((name) => /\.(so|pyd|dll|dylib)$/.test(name));
    assert.deepEqual(compiled.sort(), PYTHONS.map((python) => `libcst/native.${SUFFIXES[target](python)}`));
    const tops = new Set(libraries.map((name) => name.split("/")[0]).filter((name) => !name.endsWith(".dist-info")));
    const named = [...PURE, "apitfall", "apitfall_rules", "libcst", "typing_extensions.py"];
    // Alpine's libcst brings the part of GCC that it needs.
    assert.deepEqual([...tops].sort(), [...named, ...(target.startsWith("alpine-") ? ["libcst.libs"] : [])].sort());
    assert.deepEqual(libraries.filter((name) => name.endsWith(".pyc")), []);
    assert.ok(libraries.includes("apitfall-0.1.0.dist-info/entry_points.txt"), "without these no rule is found");
    const pages = readdirSync(path.join(ROOT, "rules", "apitfall_rules")).filter((name) => name.endsWith(".md"));
    for (const page of pages) {
      assert.ok(libraries.includes(`apitfall_rules/${page}`), page);
    }
  });
}

test("the extension's version is the server's", () => {
  const { version } = JSON.parse(readFileSync(path.join(EXTENSION, "package.json"), "utf8"));
  assert.match(readFileSync(path.join(ROOT, "pyproject.toml"), "utf8"), new RegExp(`^version = "${version}"$`, "m"));
});
