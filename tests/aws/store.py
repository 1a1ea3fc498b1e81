"""Tests of what is stored, against DynamoDB, SQS, S3 and Secrets Manager that are not ours: the same test program that runs on the
embedded services, with `SECOND_STORE` (tests/src/second.rs)."""
import os, re, subprocess

# Modules of tests/whole that live by what is stored: conditional writes, transactions, pages, indexes, objects. None that counts
# on seconds (that emulator is slow), on a batch holding all there is, or on the embedded database's own stream.
MODULES = ["contacts", "edits", "identity", "walls"]


def program(binaries):
    """The newest build of the whole-flow tests."""
    built = [path for path in (binaries / "deps").glob("whole-*") if path.suffix == ""]
    return max(built, key=lambda path: path.stat().st_mtime)


def run(emulator, binaries, root):
    """What became of each test, and everything that was said."""
    environment = {**os.environ, "SECOND_STORE": emulator.url, "RUST_MIN_STACK": "8388608"}
    command = [program(binaries), *(f"{name}::" for name in MODULES), "--test-threads", "4"]
    said = subprocess.run(command, env=environment, cwd=root / "tests", capture_output=True, text=True, timeout=300).stdout
    return dict(re.findall(r"^test (\S+) \.\.\. (ok|FAILED)", said, re.M)), said
