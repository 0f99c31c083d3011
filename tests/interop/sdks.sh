# shellcheck shell=bash
# Sourced by tests/interop/run and tests/differential/run: installs the SDKs of others, in the versions of package.json and
# requirements.txt, under the target folder. They are then in $work/node and $work/python.

interop=$(dirname "${BASH_SOURCE[0]}")
interop=$(cd "$interop" && pwd)

need() {
    command -v "$1" >/dev/null || { echo "$0 needs $1" >&2; exit 1; }
}
need node
need npm
need python3
node -e '[a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)' \
    || { echo "$0 needs Node 20.19 or newer" >&2; exit 1; }
python3 -c 'import tomllib' || { echo "$0 needs Python 3.11 or newer" >&2; exit 1; }

mkdir -p "${CARGO_TARGET_DIR:-target}/interop"
target=$(cd "${CARGO_TARGET_DIR:-target}" && pwd)
work=$target/interop

# The list is copied only once its packages are in place, so an interrupted install is done again.
install_npm() {
    cmp -s "$interop/package.json" "$work/node/installed.json" && return
    mkdir -p "$work/node"
    cp "$interop/package.json" "$work/node/package.json"
    (cd "$work/node" && npm install --ignore-scripts --no-audit --no-fund --no-package-lock --loglevel=error)
    cp "$interop/package.json" "$work/node/installed.json"
}

install_pypi() {
    cmp -s "$interop/requirements.txt" "$work/python/installed.txt" && return
    python3 -m venv --clear "$work/python"
    "$work/python/bin/pip" install --quiet --disable-pip-version-check --requirement "$interop/requirements.txt"
    cp "$interop/requirements.txt" "$work/python/installed.txt"
}

install_npm
install_pypi
