#!/usr/bin/env python3
"""Holds the API to its own description: `python3 tests/api/conformance.py [venv folder]`. Starts the built local process on a
folder of its own, checks that the document is OpenAPI 3.1, and has schemathesis ask every operation, rightly and wrongly, at
least 10,000 times in all; no answer may name a cause of ours. The last line counts what held; exit code 1 if anything did not.
The same questions every time."""
import json, os, re, subprocess, sys, tempfile, time, urllib.error, urllib.request, venv
import xml.etree.ElementTree as xml
from pathlib import Path

PINNED = ["schemathesis==4.32.5", "openapi-spec-validator==0.9.0"]
ROOT = Path(__file__).resolve().parents[2]
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
VENV = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "target/api-venv").resolve()
DONE = VENV / "installed.json"  # written last: an installation that broke off is made again
if Path(sys.prefix).resolve() != VENV:  # run by any Python: go on with the pinned packages
    if not DONE.exists() or json.loads(DONE.read_text()) != PINNED:
        print(f"api: installing {' and '.join(PINNED)} into {VENV}", flush=True)
        venv.create(VENV, with_pip=True, clear=True)
        subprocess.run([VENV / "bin/pip", "install", "--quiet", "--disable-pip-version-check", *PINNED], check=True)
        DONE.write_text(json.dumps(PINNED))
    os.execv(VENV / "bin/python", [str(VENV / "bin/python"), __file__, str(VENV)])
from openapi_spec_validator import OpenAPIV31SpecValidator

# What would end the run or what it stands on; each has whole-flow tests of its own.
LEFT_OUT = {
    "deleteChannel": "which takes away the number that campaigns need",
    "createChannel": "which asks the other side for numbers that it does not have",
    "editChannel": "which may name a version of Meta's API that the simulator does not speak",
    "erasePerson": "since a person who was erased can never be put into the book again",
    "showDescription": "which is where the questions come from",
    "editSettings": "since a required consent would refuse every later campaign",
}
CHECKS = ["not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
          "response_schema_conformance", "ignored_auth", "unsupported_method"]
# Questions that are drawn of an operation, beside those at its bounds.
PHASES = os.environ.get("PHASES", "examples,coverage,fuzzing")
EXAMPLES = os.environ.get("EXAMPLES", "16")
# Questions in all, at least; who asks for others asks for fewer on purpose.
LEAST_ASKED = 0 if {"PHASES", "EXAMPLES"} & os.environ.keys() else 10_000


class Process:
    """The local process on a folder of its own."""

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="campanile-api-")
        data = Path(self.folder.name) / "data"
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("WHATSAPP_", "CAMPANILE_"))}
        self.log = open(Path(self.folder.name) / "log", "w+")
        self.child = subprocess.Popen([TARGET / "debug/campanile", "--data", data, "--port", "0"], env=environment,
                                      stdout=subprocess.PIPE, stderr=self.log, text=True)
        for line in self.child.stdout:
            if found := re.search(r"(http://\S+)/sign-in\?code=", line):
                self.address = found[1]
                break
        else:
            self.log.seek(0)
            sys.exit(f"api: campanile ended before it printed its link: {self.log.read()}")
        self.token = (data / "api-token").read_text().strip()
        return self

    def __exit__(self, *_):
        self.child.terminate()
        try:
            self.child.wait(30)
        except subprocess.TimeoutExpired:
            self.child.kill()
        self.log.close()
        self.folder.cleanup()

    def ask(self, method, path, body=None):
        request = urllib.request.Request(self.address + path, method=method, data=None if body is None else json.dumps(body).encode())
        request.add_header("Authorization", f"Bearer {self.token}")
        request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read() or "null")


def known(process):
    """Things that are there, so that questions reach further than "no such thing": ids by what stands in paths."""
    people = "name,phone\n" + "".join(f"Person {n},+55119876500{n:02}\n" for n in range(5)) + "Nobody,12\n"
    upload = process.ask("POST", "/v3/uploads", {"fileName": "people.csv", "sizeBytes": len(people)})
    urllib.request.urlopen(urllib.request.Request(upload["uploadUrl"], method="PUT", data=people.encode()), timeout=30)
    audience, until = upload["audienceId"], time.monotonic() + 60
    while process.ask("GET", f"/v3/audiences/{audience}")["status"] != "ready":
        if time.monotonic() > until:
            sys.exit("api: the contacts were not imported in a minute")
        time.sleep(0.1)
    channel = process.ask("GET", "/v3/channels")["items"][0]["id"]
    template = process.ask("GET", f"/v3/templates?channelId={channel}")["items"][0]["id"]
    content = {"name": "weekly_offer", "language": "en", "body": [{"column": "name", "fallback": "friend"}]}
    campaign = {"name": "Weekly offer", "channelId": channel, "audienceId": audience, "template": content}
    made = {name: process.ask("POST", "/v3/campaigns", campaign)["id"] for name in ("draft", "started", "paused", "spare")}
    for name, action in (("started", "start"), ("paused", "start"), ("paused", "pause")):
        process.ask("POST", f"/v3/campaigns/{made[name]}/{action}")
    spare = made.pop("spare")
    person, other = (process.ask("POST", "/v3/contacts", {"phone": f"+551198765000{n}", "name": "Ana"})["phone"] for n in (1, 2))
    process.ask("POST", "/v3/suppressions", {"phones": [other]})
    hours = {"name": "Shop", "days": ["mon"], "from": "09:00", "to": "18:00", "timeZone": "UTC"}
    hook = {"url": "https://localhost/events", "events": ["campaign.paused"]}  # which leads to nobody
    return {
        "campaigns": list(made.values()), "channels": [channel], "audiences": [audience], "templates": [template],
        "assets": [process.ask("POST", "/v3/assets", {"fileName": "a.png", "sizeBytes": 9})["assetId"]],
        "contacts": [person], "suppressions": [person], "channelId": [channel], "audienceId": [audience],
        "lists": [process.ask("POST", "/v3/lists", {"name": "All"})["id"]],
        "export": [process.ask("POST", "/v3/contacts/export", {})["id"]],
        "business-hours": [process.ask("POST", "/v3/business-hours", hours)["id"]], "campaign": campaign,
        "webhooks": [process.ask("POST", "/v3/webhooks", hook)["id"]],
        "deletable": {"campaigns": [spare], "contacts": [other], "suppressions": [other],
                      "lists": [process.ask("POST", "/v3/lists", {"name": "Gone soon"})["id"]],
                      "webhooks": [process.ask("POST", "/v3/webhooks", hook)["id"]],
                      "business-hours": [process.ask("POST", "/v3/business-hours", hours)["id"]]},
    }


def faults_of(document):
    return [f"{'/'.join(map(str, error.path))}: {error.message}" for error in OpenAPIV31SpecValidator(document).iter_errors()]


def asked(process, ids):
    """Runs schemathesis; gives the operations it asked, those that do not hold, how many questions it says it asked, and what
    the hooks saw in the answers."""
    folder = Path(process.folder.name)
    report, answered, hooks = folder / "report.xml", folder / "answered.json", Path(__file__).with_name("hooks.py")
    (folder / "ids.json").write_text(json.dumps(ids))
    command = [VENV / "bin/schemathesis", "run", f"{process.address}/v3/openapi.json", "--url", process.address, "--no-color",
               "--header", f"Authorization: Bearer {process.token}", "--checks", ",".join(CHECKS),
               "--generation-deterministic", "--max-examples", EXAMPLES, "--workers", "1",
               "--phases", PHASES, "--request-timeout", "20", "--max-redirects", "0", "--warnings", "off",
               "--suppress-health-check", "filter_too_much",  # a path of one drawn token draws many that are none
               "--continue-on-failure", "--report", "junit", "--report-junit-path", report]
    for operation in LEFT_OUT:
        command += ["--exclude-operation-id", operation]
    environment = {**os.environ, "SCHEMATHESIS_HOOKS": hooks.stem, "PYTHONPATH": str(hooks.parent), "IDS": str(folder / "ids.json"),
                   "ANSWERED": str(answered), "COLUMNS": "160"}
    count, child = 0, subprocess.Popen(command, env=environment, cwd=folder, stdout=subprocess.PIPE, text=True, errors="replace")
    for line in child.stdout:
        print(line, end="", flush=True)
        if found := re.match(r"\s+([\d,]+) generated\b", line):
            count = int(found[1].replace(",", ""))
    ended = child.wait()
    for file in (report, answered):
        if not file.exists():
            sys.exit(f"api: schemathesis ended with {ended} and no {file.name}")
    cases = list(xml.parse(report).getroot().iter("testcase"))
    bad = [case.get("name") for case in cases if case.find("failure") is not None or case.find("error") is not None]
    if ended != 0 and not bad:
        bad.append(f"schemathesis itself: it ended with {ended}")
    return {case.get("name") for case in cases}, bad, count, json.loads(answered.read_text())


with Process() as process:
    document = process.ask("GET", "/v3/openapi.json")
    operations = {f"{method.upper()} {path}": of for path, item in document["paths"].items() for method, of in item.items()}
    faults = faults_of(document)
    for fault in faults:
        print(f"api: not OpenAPI 3.1: {fault}")
    for operation, why in LEFT_OUT.items():
        print(f"api: left out: {operation}, {why}")
    began = time.monotonic()
    names, bad, count, answers = asked(process, known(process))
    for name in bad:
        print(f"api: does not hold: {name}")
    for name in sorted(operations.keys() - names):
        if operations[name]["operationId"] not in LEFT_OUT:
            bad.append(name)
            print(f"api: was not asked: {name}")
    process.ask("GET", "/v3/campaigns")  # still there
for told in answers["told"]:
    print(f"api: an answer names a cause of ours: {told}")
if count < LEAST_ASKED:
    print(f"api: {count} questions were asked, {LEAST_ASKED} is the least: raise EXAMPLES")
never = sorted({of["operationId"] for of in operations.values()} - LEFT_OUT.keys() - answers["good"].keys())
if never:
    print(f"api: never answered 2xx: {', '.join(never)}")
failed = len(bad) + bool(faults) + bool(answers["told"]) + (count < LEAST_ASKED)
print(f"api: {len(operations)} operations described, {len(names)} asked {count} questions in {time.monotonic() - began:.0f} s")
print(f"api: {len(operations) - len(LEFT_OUT) + 3 - failed} passed, {failed} failed")
sys.exit(failed > 0)
