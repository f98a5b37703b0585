#!/bin/sh
# Makes build/conformance/lsp-schema.json with npm and prints its path.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
folder=$(cd "$here/../.." && pwd)/build/conformance
mkdir -p "$folder"
cp "$here/npm/package.json" "$here/npm/make-schema.mjs" "$folder"
cd "$folder"
npm install --no-package-lock --no-audit --no-fund --ignore-scripts >&2
node make-schema.mjs >lsp-schema.json.new
mv lsp-schema.json.new lsp-schema.json
echo "$folder/lsp-schema.json"
