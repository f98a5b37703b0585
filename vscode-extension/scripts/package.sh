#!/bin/sh
# Packs the extension for the platforms that are named, or for all, into build/vscode/vsix.
set -eu
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}
folder=../build/vscode/vsix
all="alpine-arm64 alpine-x64 darwin-arm64 linux-arm64 linux-x64 win32-arm64 win32-x64 universal"
mkdir -p "$folder"
if [ ! -d node_modules ]; then npm install --no-audit --no-fund; fi
for target in ${*:-$all}; do
    "$python" scripts/bundle.py "$target"
    to=$([ "$target" = universal ] || echo "--target $target")
    # The search for secrets takes minutes in the libraries' binaries. .vscodeignore names what is packed.
    # shellcheck disable=SC2086  # two words or none
    npx vsce package --no-dependencies --allow-missing-repository --allow-package-all-secrets --allow-package-env-file \
        $to --out "$folder/apitfall-$target.vsix"
done
