#!/usr/bin/env bash
# Everything that `make test` runs. Goes through to the end, says what failed, and closes with a count.
set -uo pipefail
cd "$(dirname "$0")/.."

log=$(mktemp)
web=
trap 'rm -f "$log" "$log.web"; [ -z "$web" ] || kill "$web"' EXIT
passed=0
failed=0
failures=()

step() { # name, command …
    local name=$1 started=$SECONDS
    shift
    echo
    echo "== $name"
    if "$@"; then
        passed=$((passed + 1))
        echo "== $name: done in $((SECONDS - started)) s"
    else
        failed=$((failed + 1))
        failures+=("$name")
        echo "== $name: FAILED after $((SECONDS - started)) s"
    fi
}

tests() { # counts each test; the step itself fails only when the tests could not run to their end
    cargo test --workspace --no-fail-fast 2>&1 | tee "$log"
    local status=${PIPESTATUS[0]}
    local good bad
    good=$(awk '/^test result:/ { sum += $4 } END { print sum + 0 }' "$log")
    bad=$(awk '/^test result:/ { sum += $6 } END { print sum + 0 }' "$log")
    passed=$((passed + good))
    failed=$((failed + bad))
    if [ "$bad" -gt 0 ]; then
        failures+=("$bad tests")
        return 0
    fi
    [ "$status" -eq 0 ] && [ "$good" -gt 0 ]
}

# A script whose last line is `NAME: N passed, M failed`, each counted; as with the tests, the step itself fails only when the
# script did not come to its end.
counted() { # the script's name for itself, what it counts, command …
    local name=$1 what=$2 good bad
    shift 2
    "$@" 2>&1 | tee "$log.$name"
    good=$(sed -n "s/^$name: \([0-9]*\) passed, .*/\1/p" "$log.$name")
    bad=$(sed -n "s/^$name: .* passed, \([0-9]*\) failed$/\1/p" "$log.$name")
    rm -f "$log.$name"
    passed=$((passed + ${good:-0}))
    failed=$((failed + ${bad:-0}))
    if [ "${bad:-0}" -gt 0 ]; then
        failures+=("$bad $what")
        return 0
    fi
    [ "${good:-0}" -gt 0 ]
}

# Most of the dashboard's build is one long link on one core, in a target folder of its own: it goes on beside other steps.
begin_web() {
    cargo build --quiet -p xtask || return
    cargo run --quiet -p xtask -- web --weigh >"$log.web" 2>&1 &
    web=$!
}

end_web() { # what it said, and how it ended
    [ -n "$web" ] || return
    wait "$web"
    local status=$?
    web=
    cat "$log.web"
    return "$status"
}

step "format" cargo fmt --all --check
step "the dashboard's build, begun" begin_web
step "lints" cargo clippy --quiet --workspace --all-targets -- -D warnings
step "the AWS template" python3 infra/check.py
step "build" cargo build --quiet --workspace --all-targets
step "the dashboard for the browser" end_web
step "the plan in WebAssembly" cargo run --quiet -p xtask -- golden
step "the API against its description" counted api "operations of the API" python3 tests/api/conformance.py
step "the AWS template, deployed" counted aws "checks of the deployed template" python3 tests/aws/deployed.py
step "tests" tests

echo
grep -h "^known gap:" "$log" | sort -u
for failure in ${failures[@]+"${failures[@]}"}; do
    echo "failed: $failure"
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
