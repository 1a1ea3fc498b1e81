#!/usr/bin/env python3
"""Tables and a bucket that are there already, for a new stack: after a restore, or when a stack was deleted and they stayed.
`python3 infra/adopt.py STACK ControlTable=… MessagesTable=… ContactsTable=… FilesBucket=…` writes what CloudFormation's import
wants and prints the commands; `sam deploy --guided` then makes the rest around them. Nothing is called here."""
import json, os, subprocess, sys, venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
KEYS = {"AWS::DynamoDB::Table": "TableName", "AWS::S3::Bucket": "BucketName"}
# What refers to resources that are not there yet; the deployment that follows sets it.
LATER = {"CorsConfiguration", "NotificationConfiguration"}


def adoption(source, names):
    """The template of the import and the list of what it takes. `names`: of each resource, by its id in the template."""
    kept = {}
    for name, there in names.items():
        resource = source["Resources"][name]
        properties = {key: value for key, value in resource["Properties"].items() if key not in LATER}
        if "BucketName" in properties:
            properties["BucketName"] = there
        kept[name] = {"Type": resource["Type"], "DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain", "Properties": properties}
    wanted = [{"ResourceType": kept[name]["Type"], "LogicalResourceId": name, "ResourceIdentifier": {KEYS[kept[name]["Type"]]: there}}
              for name, there in names.items()]
    return {"AWSTemplateFormatVersion": "2010-09-09", "Resources": kept}, wanted


def settings(source, names):
    """Commands that give a restored table what a restore leaves out and an import only notes: its stream, what it takes at once,
    what ends by itself, backups, and that nobody deletes it by mistake. On a table that has it all they change nothing, or say so."""
    for name, there in names.items():
        properties = source["Resources"][name]["Properties"]
        if "KeySchema" not in properties:
            continue
        table = f"--table-name {there}"
        wait = f"aws dynamodb wait table-exists {table}"
        yield wait  # it is still being restored; said again, it waits longer
        if stream := properties.get("StreamSpecification"):
            yield f"aws dynamodb update-table {table} --stream-specification StreamEnabled=true,StreamViewType={stream['StreamViewType']}"
            yield wait
        if warm := properties.get("WarmThroughput"):
            yield f"aws dynamodb update-table {table} --warm-throughput {','.join(f'{unit}={rate}' for unit, rate in warm.items())}"
            yield wait
        if lives := properties.get("TimeToLiveSpecification"):
            yield f"aws dynamodb update-time-to-live {table} --time-to-live-specification Enabled=true,AttributeName={lives['AttributeName']}"
        yield f"aws dynamodb update-continuous-backups {table} --point-in-time-recovery-specification PointInTimeRecoveryEnabled=true"
        yield f"aws dynamodb update-table {table} --deletion-protection-enabled"
        yield wait


def main(stack, names):
    from samtranslator.yaml_helper import yaml_parse

    source = yaml_parse((ROOT / "infra/template.yaml").read_text())
    missing = {name for name, resource in source["Resources"].items() if resource.get("DeletionPolicy", "").startswith("Retain")} - names.keys()
    if missing:
        sys.exit(f"adopt: also name {', '.join(sorted(missing))}")
    folder = ROOT / "target/adopt"
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in zip(("template.json", "resources.json"), adoption(source, names)):
        (folder / name).write_text(json.dumps(content, indent=1))
    print("# Of tables that were restored:", *settings(source, names), "# The import:", sep="\n")
    print(f"aws cloudformation create-change-set --stack-name {stack} --change-set-name adopt --change-set-type IMPORT \\\n"
          f"  --template-body file://{folder}/template.json --resources-to-import file://{folder}/resources.json\n"
          f"aws cloudformation wait change-set-create-complete --stack-name {stack} --change-set-name adopt\n"
          f"aws cloudformation execute-change-set --stack-name {stack} --change-set-name adopt\n"
          f"aws cloudformation wait stack-import-complete --stack-name {stack}")


if __name__ == "__main__":
    if len(sys.argv) < 3 or not all("=" in word for word in sys.argv[2:]):
        sys.exit(__doc__)
    folder = ROOT / "target/adopt-venv"
    if Path(sys.prefix).resolve() != folder:
        if not (folder / "bin/python").exists():
            venv.create(folder, with_pip=True)
            subprocess.run([folder / "bin/pip", "install", "--quiet", "aws-sam-translator==1.115.0", "PyYAML"], check=True)
        os.execv(folder / "bin/python", [str(folder / "bin/python"), __file__, *sys.argv[1:]])
    main(sys.argv[1], dict(word.split("=", 1) for word in sys.argv[2:]))
