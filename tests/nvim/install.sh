#!/bin/sh
# Gets a current Neovim out of Debian's archive into build/nvim, says its version and prints the path of its command.
#
# The package and all that it depends on, the C library among it, is downloaded with apt and unpacked: nothing on the
# machine is changed, and no root is needed. For tests only: with a screen, Neovim starts itself again through
# /proc/self/exe, which is the loader here.
set -eu
suite=forky
oldest=0.11
folder=$(cd "$(dirname "$0")/../.." && pwd)/build/nvim
command=$folder/bin/nvim

fail() {
    echo "$0: $1" >&2
    exit 1
}

install() {
    mirror=$(apt-get indextargets --no-release-info --format '$(REPO_URI)' 'Created-By: Packages' |
        grep -m1 '/debian/*$') || fail "apt knows no mirror of Debian here"
    apt=$folder/apt
    rm -rf "$folder"
    mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$apt/parts" "$folder/root" "$folder/bin"
    : >"$apt/status"  # nothing counts as installed, so every dependency is downloaded
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" >"$apt/sources.list"
    cat >"$apt/apt.conf" <<END
Dir::Etc::SourceList "$apt/sources.list";
Dir::Etc::SourceParts "$apt/parts";
Dir::Etc::Preferences "/dev/null";
Dir::Etc::PreferencesParts "$apt/parts";
Dir::State "$apt";
Dir::State::Lists "$apt/lists";
Dir::State::Status "$apt/status";
Dir::Cache "$apt/cache";
Acquire::Languages "none";
APT::Sandbox::User "$(id -un)";
APT::Install-Recommends "false";
Debug::NoLocking "true";
END
    export APT_CONFIG="$apt/apt.conf"
    apt-get -qq update
    apt-get -qq --yes --download-only install neovim
    for archive in "$apt"/cache/archives/*.deb; do
        dpkg-deb --extract "$archive" "$folder/root"
    done
    loader=$(find "$folder/root" -name 'ld-linux-*.so.*' | head -n1)
    libraries=$(dirname "$(find "$folder/root" -name libc.so.6 | head -n1)")
    cat >"$command" <<END
#!/bin/sh
export VIMRUNTIME="$folder/root/usr/share/nvim/runtime"
exec "$loader" --library-path "$libraries" "$folder/root/usr/bin/nvim" "\$@"
END
    chmod +x "$command"
    rm -rf "$apt"
}

if [ ! -x "$command" ]; then
    install >&2
fi
version=$("$command" --version | sed -n 's/^NVIM v//p')
echo "Neovim $version" >&2
if [ "$(printf '%s\n' "$oldest" "$version" | sort --version-sort | head -n1)" != "$oldest" ]; then
    fail "Neovim $oldest or newer is needed"
fi
echo "$command"
