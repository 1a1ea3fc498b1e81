#!/usr/bin/env python3
"""Checks template.yaml: `python3 infra/check.py [venv folder]`. Expands it, lints what CloudFormation would get (`sam validate`
does not look into AWS::Serverless resources) and compares it with the code. One line per problem; exit code 1 if there is any."""
import json, math, os, re, subprocess, sys, venv
from pathlib import Path
PINNED = ["aws-sam-translator==1.115.0", "cfn-lint==1.58.0", "checkov==3.3.30"]
ROOT = Path(__file__).resolve().parent.parent
VENV = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "target/infra-venv").resolve()
DONE = VENV / "installed.json"  # written last: an installation that broke off is made again
if Path(sys.prefix).resolve() != VENV:  # run by any Python: go on with the pinned packages
    if not DONE.exists() or json.loads(DONE.read_text()) != PINNED:
        print(f"infra: installing {', '.join(PINNED)} into {VENV}", flush=True)
        venv.create(VENV, with_pip=True, clear=True)
        subprocess.run([VENV / "bin/pip", "install", "--quiet", "--disable-pip-version-check", *PINNED], check=True)
        DONE.write_text(json.dumps(PINNED))
    os.execv(VENV / "bin/python", [str(VENV / "bin/python"), __file__, str(VENV)])
os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse
import adopt, rules  # beside this file
results = []  # of each check: its problem, or nothing
def holds(condition, problem): results.append(None if condition else problem)
def rust(path): return (ROOT / "functions" / path).read_text()
def found(path, pattern, flags=0): return re.findall(pattern, rust(path), flags) or sys.exit(f"infra: {path} has no {pattern} any more")
def constant(path, name): return math.prod(map(int, found(path, rf"const {name}: \w+ = ([\d_* ]+);")[0].split("*")))
def title(name): return "".join(word.capitalize() for word in re.split("[-_]", name))

source = yaml_parse((ROOT / "infra/template.yaml").read_text())
binaries = {name.removesuffix("Function").lower() for name, r in source["Resources"].items() if r.get("Metadata", {}).get("BuildMethod") == "makefile"}
source["Globals"]["Function"]["CodeUri"] = "s3://campanile-code/functions.zip"
every, expanded = Translator({}, Parser()).translate(source, {}), VENV / "expanded.json"
expanded.write_text(json.dumps(every, indent=1))
print(f"infra: linting {expanded}", flush=True)
lint = subprocess.run([VENV / "bin/cfn-lint", "--format", "parseable", "--", expanded], capture_output=True, text=True)
holds(lint.returncode == 0, (lint.stdout or lint.stderr).strip())
print(f"infra: asking checkov about {expanded}", flush=True)  # what it is not to say has its reason in the template's Metadata
command = [VENV / "bin/checkov", "--file", expanded, "--framework", "cloudformation", "--output", "json", "--quiet", "--skip-download", "--compact"]
checkov = subprocess.run(command, capture_output=True, text=True)
report = json.loads(checkov.stdout) if checkov.stdout.startswith("{") else sys.exit(f"infra: checkov said {checkov.stdout}{checkov.stderr}")
results += [None] * report["summary"]["passed"]
for check in report["results"]["failed_checks"]: holds(False, f"{check['resource']}: {check['check_id']} {check['check_name']}")
print(f"infra: checkov passed {report['summary']['passed']}, left out {report['summary']['skipped']} for reasons in the template", flush=True)
of = {name: resource.get("Properties", {}) for name, resource in every["Resources"].items()}
def all_of(kind): return {name: of[name] for name, resource in every["Resources"].items() if resource["Type"] == kind}
def timeout(name): return of[f"{name}Function"]["Timeout"]
def visibility(name): return of[f"{name}Queue"]["VisibilityTimeout"]
TABLES, PAIR = "local/src/tables.rs", r'\("(\w+)", (Text|Number)\)'
tables = found(TABLES, r"name: (\w+_TABLE),\s*key: \[(.*?)\],\s*indexes: &\[(.*?)\],\s*stream: ([\w:(]+)", re.S)
holds({title(table[0]) for table in tables} == all_of("AWS::DynamoDB::Table").keys(), "the tables of tables.rs are others than these")
for name, key, indexes, view in tables:
    def schema(keys): return [(k["AttributeName"], k["KeyType"]) for k in keys]
    def parsed(text): return list(zip((attribute for attribute, _ in re.findall(PAIR, text)), ("HASH", "RANGE")))
    table, resource = of[title(name)], every["Resources"][title(name)]
    there = ({attribute: kind == "Text" and "S" or "N" for attribute, kind in re.findall(PAIR, key + indexes)}, parsed(key),
             {index: (parsed(text), "KEYS_ONLY") for index, text in re.findall(r'\("(\w+)", \[(.*?)\]\)', indexes, re.S)},
             view.split("::")[-1].lower(), found(TABLES, r'attribute_name\("(\w+)"\)')[0] if name == "CONTROL_TABLE" else None)
    here = ({a["AttributeName"]: a["AttributeType"] for a in table["AttributeDefinitions"]}, schema(table["KeySchema"]),
            {i["IndexName"]: (schema(i["KeySchema"]), i["Projection"]["ProjectionType"]) for i in table.get("GlobalSecondaryIndexes", [])},
            table.get("StreamSpecification", {}).get("StreamViewType", "None").replace("_", "").lower(),
            table.get("TimeToLiveSpecification", {}).get("AttributeName"))
    holds(here == there, f"{title(name)}: {here} here, {there} in tables.rs")
    kept = resource["DeletionPolicy"] == resource["UpdateReplacePolicy"] == "Retain" and table["DeletionProtectionEnabled"]
    holds(kept and table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"], f"{title(name)} can be lost")
for name, seconds in found("local/src/queues.rs", r'create_one\(client, "campanile-([\w-]+)", (\d+)'):
    if name.endswith("-dead"): holds(of[f"{title(name)}Queue"]["MessageRetentionPeriod"] == 1209600, f"{title(name)}Queue forgets early")
    elif name == "upload": holds(timeout("Importer") <= int(seconds), f"ImporterFunction: runs longer than the {seconds} s of queues.rs")
    else: holds(visibility(title(name)) == int(seconds), f"{title(name)}Queue: messages are hidden for {seconds} s in queues.rs")
for problem, holding in {
    "SendQueue: its deliveries are not MOST_RECEIVES": of["SendQueue"]["RedrivePolicy"]["maxReceiveCount"] == constant("local/src/queues.rs", "MOST_RECEIVES"),
    "SendQueue: twice its visibility is not LOST_AFTER_MS": 2_000 * visibility("Send") == constant("lambdas/src/dispatcher/completion.rs", "LOST_AFTER_MS"),
    "SenderFunction: it may outlive its job's visibility": timeout("Sender") <= visibility("Send"),
    "SenderFunction: it may outlive its claims, CLAIM_TIMEOUT_MS": 1_000 * timeout("Sender") < constant("lambdas/src/sender/mod.rs", "CLAIM_TIMEOUT_MS"),
    "DispatcherFunction: its timeout is not LEASE_MS": 1_000 * timeout("Dispatcher") == constant("lambdas/src/dispatcher/mod.rs", "LEASE_MS"),
    "SenderFunction: its memory is not what tests/bench/prices.json counts with":
        of["SenderFunction"]["MemorySize"] == json.loads((ROOT / "tests/bench/prices.json").read_text())["senderMegabytes"],
    "a function is missing or not in functions/lambdas/src/bin": binaries == {p.stem for p in ROOT.glob("functions/lambdas/src/bin/*.rs")},
    "Stage: it may end with a hyphen, which neither a bucket's name nor Cognito's domain may":
        not any(re.fullmatch(source["Parameters"]["Stage"]["AllowedPattern"], stage) for stage in ("a-", "main-", "-a", "a" * 11)),
    "Stage: it may be what no bucket's name ends in or no domain of Cognito has in it, or may not be what is usual": [
        stage for stage in ("aws", "my-aws-2", "amazon", "cognito", "an", "eu-an", "s3alias", "x--ol-s3", "main", "a", "eu-2", "plan", "an1")
        if re.fullmatch(source["Parameters"]["Stage"]["AllowedPattern"], stage)] == ["main", "a", "eu-2", "plan", "an1"],
    "WhatsAppApps: a parameter may end its text in the JSON, and no function would start": not any(
        re.fullmatch(source["Parameters"][name]["AllowedPattern"], start + mark * 32)
        for name in re.findall(r"\$\{(\w+)\}", of["WhatsAppApps"]["SecretString"]["Fn::Sub"]) for start in ("", "https://") for mark in '"\\'),
    "ApiFunction: functions/lambdas/Makefile builds it in a profile that Cargo.toml has not":
        "--profile api" in rust("lambdas/Makefile") and "\n[profile.api]\n" in (ROOT / "Cargo.toml").read_text(),
    "TallyMapping: its events would name no shard": of["TallyMapping"].get("TumblingWindowInSeconds") and of["TallyMapping"].get("ParallelizationFactor") == 1,
}.items(): holds(holding, problem)
for name, function in all_of("AWS::Lambda::Function").items():
    needed = set(re.findall(r'variable\("(\w+)"\)', rust("lambdas/src/config.rs").split("impl Config {")[1].split("\n}\n")[0]))
    known = set(found("lambdas/src/config.rs", r'(?:variable|given)\("(\w+)"\)')) | {"WHATSAPP_SECRET_REVISION"} - {"LAMBDA_TASK_ROOT"}
    there = function["Environment"]["Variables"].keys()
    holds(needed <= there <= known, f"{name}: its variables {sorted(needed ^ there)} are not those of config.rs")
    holds(name != "ApiFunction" or known - {"LAMBDA_TASK_ROOT"} == there, f"{name} lacks {known - there} of config.rs")
    speaks = name in ("ApiFunction", "DispatcherFunction", "SenderFunction", "WebhookFunction")  # with WhatsApp
    holds(("secretsmanager" in str(function["Environment"]["Variables"]["WHATSAPP_APPS"])) == speaks, f"{name}: WhatsApp's secret is for those who speak with it only")
    feeds_itself = name in ("SenderFunction", "DispatcherFunction", "ImporterFunction")  # through its own queue
    holds((function.get("RecursiveLoop") == "Allow") == feeds_itself, f"{name}: RecursiveLoop is for those who feed themselves only")
for name, schedule in [(name, schedule["ScheduleExpression"]) for name, schedule in all_of("AWS::Scheduler::Schedule").items()]:
    holds(re.fullmatch(r"rate\((1 (minute|hour|day)|(?!1 |0)\d+ (minutes|hours|days))\)|cron\(\S+( \S+){5}\)", schedule), f"{name}: {schedule} is no schedule")
    holds(schedule == "rate(1 minute)" and "from_secs(60)" in rust("local/src/schedule.rs"), f"{name}: {schedule} differs from schedule.rs")
    holds("Name" not in of[name], f"{name}: it has a name, which a second stack in the region could not give again")
restored = "\n".join(adopt.settings(source, {title(table[0]): title(table[0]) for table in tables}))
whole = restored.count("--deletion-protection-enabled") == restored.count("PointInTimeRecoveryEnabled=true") == len(tables)
holds(whole and "MessagesTable --stream-specification" in restored and "AttributeName=expiresAt" in restored and "WriteUnitsPerSecond=8000" in restored, "adopt.py leaves restored tables without something")
guide = (ROOT / "docs/operate.md").read_text()
for name in all_of("AWS::CloudWatch::Alarm"): holds(re.search(rf"\b{name.removesuffix('Alarm')}\b", guide), f"{name}: docs/operate.md does not say what to do")
holds(f"{len(all_of('AWS::CloudWatch::Alarm'))} alarms" in guide, "docs/operate.md counts other alarms")
sources = "\n".join(path.read_text().split("#[cfg(test)]")[0] for path in sorted((ROOT / "functions/lambdas/src").rglob("*.rs")))
broken = [*rules.problems(every["Resources"], sources), *rules.unnoticed(every["Resources"], sources)]
results += broken + [None] * (len(rules.PLANTED) + len(rules.CALLS))
print("\n".join(filter(None, results)) or f"infra: {len(results)} checks hold")
sys.exit(any(results))
