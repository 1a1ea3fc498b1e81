#!/bin/sh
# Finds or installs what `make run` (argument: run) and `make test` (argument: test) need. Says what it does; safe to
# run again. The WASM toolchain is xtask's own business.
set -eu

say() { echo "set-up: $*"; }

stop() {
    say "$1" >&2
    exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

# On Debian and Ubuntu, as root, packages are installed; elsewhere the person is told what is missing.
install() { # what it is for, then package names
    what=$1
    shift
    if have apt-get && [ "$(id -u)" = 0 ]; then
        say "installing $* ($what) …"
        apt-get install -y -qq --no-install-recommends "$@" >/dev/null 2>&1 || {
            apt-get update -qq
            DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
        }
    elif have apt-get; then
        stop "$what is missing. Type: sudo apt-get install $*"
    else
        stop "$what is missing. Install it with your system's package manager (on Debian: $*)."
    fi
}

have cargo || install "Rust 1.95 or newer" cargo-web rustc-web
have cc || install "a C compiler, for SQLite" gcc libc6-dev

[ "${1:-run}" = test ] || exit 0

cargo fmt --version >/dev/null 2>&1 || stop "rustfmt is missing. Type: rustup component add rustfmt"
cargo clippy --version >/dev/null 2>&1 || stop "clippy is missing. Type: rustup component add clippy"
have "${CHROMEDRIVER:-chromedriver}" || install "Chromium and its driver, for the browser's walk" chromium chromium-driver fonts-dejavu-core
have python3 || install "Python, for the check of the AWS template" python3
python3 -c "import venv, ensurepip" 2>/dev/null || install "Python's venv, for the check of the AWS template" python3-venv
