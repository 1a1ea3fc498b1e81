"""Puts infra/template.yaml onto the emulator as `sam deploy` would: packages into a bucket, a change set, its outputs."""
import json, shutil, subprocess, time, zipfile
from pathlib import Path

from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).resolve().parents[2]
NAME, PACKAGES = "campanile", "campanile-packages"
LONGEST_DEPLOY_SECONDS = 120


def without_the_streams_mapping(template):
    """Its events of a stream name no shard and know no tumbling window (AWS's do), and TALLY refuses them. The test reads the
    stream itself and calls the function with what AWS would send."""
    template["Resources"]["TallyMapping"]["Properties"]["Enabled"] = False
    return ["TallyMapping"]


def without_demanding_tls(template):
    """Everything there is plain HTTP on loopback, which the bucket's policy refuses."""
    del template["Resources"]["FilesBucketPolicy"]
    return ["FilesBucketPolicy"]


def with_numbers_for_numbers(template):
    """A parameter of the type Number stays a text there and its poller of queues breaks; CloudFormation makes it a number."""
    scaling = template["Resources"]["SendMapping"]["Properties"]["ScalingConfig"]
    scaling["MaximumConcurrency"] = template["Parameters"][scaling["MaximumConcurrency"]["Ref"]]["Default"]
    return ["SendMapping"]


def with_actions_for_batches(template):
    """It asks roles for actions that AWS does not have: a batch of messages is allowed there by the action for one."""
    changed = []
    for name, resource in template["Resources"].items():
        for policy in resource["Properties"].get("Policies", []) if resource["Type"] == "AWS::Serverless::Function" else []:
            for statement in policy["Statement"]:
                actions = [statement["Action"]] if isinstance(statement["Action"], str) else list(statement["Action"])
                batches = [f"{action}Batch" for action in actions if action in ("sqs:SendMessage", "sqs:DeleteMessage")]
                statement["Action"] = actions + batches
                changed += [name] * bool(batches)
    return sorted(set(changed))


# Everything that is deployed otherwise than on AWS.
TRANSFORM = [without_the_streams_mapping, without_demanding_tls, with_numbers_for_numbers,
             with_actions_for_batches]


def package(binary, folder):
    """A function's zip: the workspace's own binary without what is for debuggers."""
    stripped, archive = folder / "bootstrap", folder / f"{binary.name}.zip"
    shutil.copy(binary, stripped)
    subprocess.run(["strip", "--strip-debug", stripped], check=True)
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
        packed.write(stripped, "bootstrap")
    return archive


class Stack:
    """The deployed template."""

    def __init__(self, emulator, binaries, parameters):
        template = yaml_parse((ROOT / "infra/template.yaml").read_text())
        for change in TRANSFORM:
            print(f"aws: otherwise than on AWS: {', '.join(change(template))}. {' '.join(change.__doc__.split())}")
        s3, self.cloudformation = emulator.client("s3"), emulator.client("cloudformation")
        s3.create_bucket(Bucket=PACKAGES)
        for resource in template["Resources"].values():
            if resource["Type"] == "AWS::Serverless::Function":
                name = resource["Metadata"]["BuildProperties"]["Binary"]
                s3.upload_file(str(package(binaries / name, Path(emulator.folder.name))), PACKAGES, f"{name}.zip")
                resource["Properties"]["CodeUri"] = f"s3://{PACKAGES}/{name}.zip"
        s3.put_object(Bucket=PACKAGES, Key="template.json", Body=json.dumps(template).encode())
        began = time.monotonic()
        self.cloudformation.create_change_set(
            StackName=NAME, ChangeSetName="first", ChangeSetType="CREATE", TemplateURL=f"{emulator.url}/{PACKAGES}/template.json",
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
            Parameters=[{"ParameterKey": name, "ParameterValue": str(value)} for name, value in parameters.items()])
        self._wait(lambda: self.cloudformation.describe_change_set(StackName=NAME, ChangeSetName="first"), "Status")
        self.cloudformation.execute_change_set(StackName=NAME, ChangeSetName="first")
        stack = self._wait(lambda: self.cloudformation.describe_stacks(StackName=NAME)["Stacks"][0], "StackStatus")
        self.outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
        resources = self.cloudformation.describe_stack_resources(StackName=NAME)["StackResources"]
        self.ids = {resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in resources}
        print(f"aws: {len(resources)} resources deployed in {time.monotonic() - began:.0f} s")

    def _wait(self, describe, status):
        until = time.monotonic() + LONGEST_DEPLOY_SECONDS
        while time.monotonic() < until:
            found = describe()
            if found[status] == "CREATE_COMPLETE":
                return found
            if found[status] not in ("CREATE_IN_PROGRESS", "CREATE_PENDING", "REVIEW_IN_PROGRESS"):
                raise SystemExit(f"aws: {found[status]}: {found.get('StatusReason') or found.get('StackStatusReason')}\n{self._events()}")
            time.sleep(0.2)
        raise SystemExit("aws: the template was not deployed in time")

    def _events(self):
        events = self.cloudformation.describe_stack_events(StackName=NAME)["StackEvents"]
        return "\n".join(f"{e['LogicalResourceId']}: {e['ResourceStatusReason']}" for e in events if e.get("ResourceStatusReason"))
