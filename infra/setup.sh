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

# A package that asks something would wait for an answer that nobody sees.
export DEBIAN_FRONTEND=noninteractive

# On Debian and Ubuntu, as root, packages are installed; elsewhere the person is told what is missing.
install() { # what it is for, then package names
    what=$1
    shift
    if have apt-get && [ "$(id -u)" = 0 ]; then
        say "installing $* ($what) …"
        apt-get install -y -qq --no-install-recommends "$@" >/dev/null 2>&1 || {
            apt-get update -qq
            apt-get install -y -qq --no-install-recommends "$@" >/dev/null
        }
    elif have apt-get; then
        stop "$what is missing. Type: sudo apt-get install $*"
    else
        stop "$what is missing. Install it with your system's package manager (on Debian: $*)."
    fi
}

# The oldest Rust that builds the workspace: rust-version in Cargo.toml.
RUST=1.95

version() { # of cargo or rustc; nothing if it does not run
    "$1" --version 2>/dev/null | sed -n '1s/^[a-z]* \([0-9][0-9.]*\).*/\1/p'
}

# Both, since on Debian they are packages of their own.
rust_is_new_enough() {
    for tool in cargo rustc; do
        found=$(version "$tool")
        [ -n "$found" ] && [ "$(printf '%s\n' "$RUST" "$found" | sort -V | head -n 1)" = "$RUST" ] || return 1
    done
}

need_rust() {
    # Where rustup has yet to fetch what rust-toolchain.toml names, it takes minutes or fails: in its own words.
    if have rustup && have cargo; then cargo --version >/dev/null || true; fi
    if rust_is_new_enough; then return; fi
    what="Rust $RUST or newer"
    lack="is missing"
    if [ -n "$found" ]; then lack="is needed, this is $found"; fi
    if have rustup; then stop "$what $lack. Type: rustup update stable"; fi
    # For root, who may not want a toolchain in his home; elsewhere packages have an older Rust, or none for WASM.
    if ! have apt-get || [ "$(id -u)" != 0 ]; then
        stop "$what $lack. Install it from https://rustup.rs"
    fi
    # Debian's older lists have an older Rust in the same packages.
    apt-get update -qq || say "the lists of packages are not renewed"
    install "$what" cargo-web rustc-web || stop "$what is in no package here. Install it from https://rustup.rs"
    hash -r
    rust_is_new_enough || stop "$what is needed, the packages have ${found:-none}. Install it from https://rustup.rs"
}

# With the system's headers: Debian has a compiler without them, and macOS a `cc` that only offers to install one.
need_c() {
    if have cc && echo '#include <stdlib.h>' | cc -x c -fsyntax-only - >/dev/null 2>&1; then return; fi
    if [ "$(uname)" = Darwin ]; then stop "A C compiler, for SQLite, is missing. Type: xcode-select --install"; fi
    install "a C compiler, for SQLite" gcc libc6-dev
}

need_rust
need_c

[ "${1:-run}" = test ] || exit 0

cargo fmt --version >/dev/null 2>&1 || stop "rustfmt is missing. Type: rustup component add rustfmt"
cargo clippy --version >/dev/null 2>&1 || stop "clippy is missing. Type: rustup component add clippy"
have "${CHROMEDRIVER:-chromedriver}" || install "Chromium and its driver, for the browser's walk" chromium chromium-driver fonts-dejavu-core
have python3 || install "Python, for the checks of the AWS template and of the API" python3
python3 -c "import venv, ensurepip" 2>/dev/null || install "Python's venv, for the checks of the AWS template and of the API" python3-venv
python3 infra/axe.py "${CARGO_TARGET_DIR:-target}"
