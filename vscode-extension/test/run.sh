#!/bin/sh
# Everything about the extension, from nothing: it is checked, packed for this machine, and tried in the current VS Code
# and in the oldest that is supported. PYTHON has the server installed. Screenshots are kept in build/vscode/shots.
set -eu
cd "$(dirname "$0")/.."
PYTHON=${PYTHON:-$(cd .. && pwd)/.venv/bin/python}
export PYTHON
build=../build/vscode
target=$(node -p '`${process.platform}-${process.arch}`')
mkdir -p "$build"
rm -rf "$build/shots" "$build/traffic" "$build/vsix"

scripts/install-editors.sh >"$build/install.log" 2>&1 &
editors=$!
npm install --no-audit --no-fund
"$PYTHON" scripts/settings.py --check
npm run check
scripts/package.sh "$target" >"$build/package.log" 2>&1 || { cat "$build/package.log"; exit 1; }
node --test --test-reporter=spec test/package.test.mjs
wait $editors || { cat "$build/install.log"; exit 1; }

VSCODE=oldest node --test --test-reporter=spec test/ui/person.test.mjs >"$build/test-oldest.log" 2>&1 &
oldest=$!
VSCODE=current node --test --test-concurrency=1 --test-reporter=spec test/ui/person.test.mjs test/ui/inhost.test.mjs
wait $oldest || { cat "$build/test-oldest.log"; exit 1; }
"$PYTHON" test/ui/check_traffic.py "$build/traffic"
