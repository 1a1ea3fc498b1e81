"""Puts infra/template.yaml onto the emulator as `sam deploy` would: packages into a bucket, a change set, its outputs."""
import gzip, json, shutil, subprocess, sys, time, zipfile
from pathlib import Path

from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "infra"))
from adopt import adoption
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


def with_a_provider_on_loopback(template):
    """The test's own identity provider stands in for Cognito, whose page and users it has not, and speaks HTTP."""
    template["Parameters"]["OidcIssuer"]["AllowedPattern"] = ".*"
    del template["Resources"]["FirstOwner"]
    return ["OidcIssuer", "FirstOwner"]


# Everything that is deployed otherwise than on AWS.
TRANSFORM = [without_the_streams_mapping, without_demanding_tls, with_numbers_for_numbers,
             with_actions_for_batches, with_a_provider_on_loopback]


def built_for(name, binaries):
    """A function's binary; of a release the api's has a profile of its own, as in functions/lambdas/Makefile."""
    return binaries.parent / "api/api" if (name, binaries.name) == ("api", "release") else binaries / name


def package(binary, folder, built):
    """A function's zip: the workspace's own binary without what is for debuggers; with the dashboard for the api."""
    if not binary.exists():
        sys.exit(f"aws: {binary} is not built; `make test` builds for debugging, `make bench PART=aws` a release")
    stripped, archive = folder / "bootstrap", folder / f"{binary.name}.zip"
    shutil.copy(binary, stripped)
    subprocess.run(["strip", "--strip-debug", stripped], check=True)
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
        packed.write(stripped, "bootstrap")
        for path in sorted(built.rglob("*")) if binary.name == "api" else []:
            name = Path("dashboard") / path.relative_to(built)
            if path.parent.name == "assets":  # as functions/lambdas/Makefile does
                packed.writestr(f"{name}.gz", gzip.compress(path.read_bytes(), 6))
            elif path.is_file():
                packed.write(path, name)
    return archive


class Stack:
    """The deployed template."""

    def __init__(self, emulator, binaries, built, parameters):
        template, weights = yaml_parse((ROOT / "infra/template.yaml").read_text()), {}
        for change in TRANSFORM:
            print(f"aws: otherwise than on AWS: {', '.join(change(template))}. {' '.join(change.__doc__.split())}")
        s3, self.cloudformation = emulator.client("s3"), emulator.client("cloudformation")
        s3.create_bucket(Bucket=PACKAGES)
        for function, resource in template["Resources"].items():
            if resource["Type"] == "AWS::Serverless::Function":
                name = function.removesuffix("Function").lower()  # as functions/lambdas/Makefile does
                archive = package(built_for(name, binaries), Path(emulator.folder.name), built)
                weights[name] = archive.stat().st_size / 1e6
                s3.upload_file(str(archive), PACKAGES, f"{name}.zip")
                resource["Properties"]["CodeUri"] = f"s3://{PACKAGES}/{name}.zip"
        s3.put_object(Bucket=PACKAGES, Key="template.json", Body=json.dumps(template).encode())
        self.source, self.parameters, self.template_url = template, parameters, f"{emulator.url}/{PACKAGES}/template.json"
        began = time.monotonic()
        self._deploy("CREATE")
        print(f"aws: packages from {binaries}, compressed in haste, MB: {', '.join(f'{name} {weight:.1f}' for name, weight in sorted(weights.items()))}")
        print(f"aws: {len(self.ids)} resources deployed in {time.monotonic() - began:.0f} s")

    def _deploy(self, kind):
        """Creates the stack, or what an adopted one lacks."""
        self._change(kind, TemplateURL=self.template_url, Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
                     Parameters=[{"ParameterKey": name, "ParameterValue": str(value)} for name, value in self.parameters.items()])
        stack = self.cloudformation.describe_stacks(StackName=NAME)["Stacks"][0]
        self.outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
        resources = self.cloudformation.describe_stack_resources(StackName=NAME)["StackResources"]
        self.ids = {resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in resources}

    def _change(self, kind, **change):
        name = kind.lower()
        self.cloudformation.create_change_set(StackName=NAME, ChangeSetName=name, ChangeSetType=kind, **change)
        self._wait(lambda: self.cloudformation.describe_change_set(StackName=NAME, ChangeSetName=name), "Status", "CREATE_COMPLETE")
        self.cloudformation.execute_change_set(StackName=NAME, ChangeSetName=name)
        self._wait(lambda: self.cloudformation.describe_stacks(StackName=NAME)["Stacks"][0], "StackStatus", f"{kind}_COMPLETE")

    def delete_and_adopt(self):
        """Deletes the stack and deploys it again around the tables and the bucket that stayed, as docs/operate.md says; now with
        a directory of people of its own."""
        kept = {name: self.ids[name] for name, resource in self.source["Resources"].items() if resource.get("DeletionPolicy", "").startswith("Retain")}
        self.cloudformation.delete_stack(StackName=NAME)
        until = time.monotonic() + LONGEST_DEPLOY_SECONDS
        while any(stack["StackStatus"] != "DELETE_COMPLETE" for stack in self._stacks()) and time.monotonic() < until:
            time.sleep(0.2)
        template, wanted = adoption(self.source, kept)
        self._change("IMPORT", TemplateBody=json.dumps(template), ResourcesToImport=wanted)
        self.parameters = {name: value for name, value in self.parameters.items() if not name.startswith("Oidc")}
        self._deploy("UPDATE")
        return kept

    def _stacks(self):
        try:
            return self.cloudformation.describe_stacks(StackName=NAME)["Stacks"]
        except self.cloudformation.exceptions.ClientError:
            return []

    def _wait(self, describe, status, wanted):
        until = time.monotonic() + LONGEST_DEPLOY_SECONDS
        while time.monotonic() < until:
            found = describe()
            if found[status] == wanted:
                return
            if not found[status].endswith(("_IN_PROGRESS", "_PENDING")):
                raise SystemExit(f"aws: {found[status]}: {found.get('StatusReason') or found.get('StackStatusReason')}\n{self._events()}")
            time.sleep(0.2)
        raise SystemExit("aws: the template was not deployed in time")

    def _events(self):
        events = self.cloudformation.describe_stack_events(StackName=NAME)["StackEvents"]
        return "\n".join(f"{e['LogicalResourceId']}: {e['ResourceStatusReason']}" for e in events if e.get("ResourceStatusReason"))
