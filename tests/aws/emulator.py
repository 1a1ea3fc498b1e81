"""AWS on this machine: ministack as a process of its own, functions as plain processes below it, nothing left behind."""
import ctypes, json, os, signal, socket, subprocess, sys, tempfile, time, urllib.request
from pathlib import Path

import boto3
from botocore.config import Config

ACCOUNT, REGION = "000000000000", "us-east-1"
SERVICES = ("cloudformation,s3,sqs,dynamodb,lambda,apigateway,scheduler,events,iam,sts,logs,cloudwatch,monitoring,secretsmanager,"
            "sns,cloudfront,cognito-idp,ssm,streams.dynamodb,dynamodbstreams")
LONGEST_START_SECONDS = 60


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def adopt():
    """Makes processes whose parent is gone this one's children (Linux), so that not even their remains are left."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER


class Emulator:
    """Runs while the `with` does. Strict, it checks signatures and the policies of roles as AWS does; else every access key of
    twelve digits is an account of its own."""

    def __init__(self, python, strict=True):
        self.python, self.strict, self.port = python, strict, free_port()
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self):
        adopt()
        self.folder = tempfile.TemporaryDirectory(prefix="campanile-aws-")
        self.log_path = Path(self.folder.name) / "ministack.log"
        environment = {
            "PATH": os.environ["PATH"], "HOME": self.folder.name, "TMPDIR": self.folder.name, "AUTH": str(self.strict).lower(), "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(self.port), "AWS_ENDPOINT_URL": self.url, "AWS_DEFAULT_REGION": REGION, "SERVICES": SERVICES,
            "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "IOT_MTLS_ENABLED": "0",
        }
        self.log = open(self.log_path, "wb")
        self.child = subprocess.Popen([self.python.with_name("ministack")], env=environment, cwd=self.folder.name, stdout=self.log,
                                      stderr=subprocess.STDOUT, start_new_session=True)
        until = time.monotonic() + LONGEST_START_SECONDS
        while not self._answers():
            if self.child.poll() is not None or time.monotonic() > until:
                self.__exit__()
                raise SystemExit("aws: ministack did not start")
            time.sleep(0.1)
        return self

    def _answers(self):
        try:
            return bool(self._health())
        except OSError:
            return False

    def _health(self):
        with urllib.request.urlopen(self.url + "/_ministack/health", timeout=5) as answer:
            return json.loads(answer.read())

    def is_strict(self):
        """Whether it checks what callers may do."""
        return self._health()["auth"] == "enabled"

    def __exit__(self, *_):
        self.child.terminate()
        try:
            self.child.wait(20)
        except subprocess.TimeoutExpired:
            self.child.kill()
        try:  # functions that outlive it: they are in its group, and ours to bury (`adopt`)
            os.killpg(self.child.pid, signal.SIGKILL)
            while True:
                os.waitpid(-self.child.pid, 0)
        except (ProcessLookupError, ChildProcessError):
            pass
        self.log.close()
        self.folder.cleanup()

    def client(self, service):
        settings = Config(retries={"max_attempts": 2}, s3={"addressing_style": "path"}, read_timeout=90)
        return boto3.client(service, endpoint_url=self.url, region_name=REGION, aws_access_key_id="test", aws_secret_access_key="test",
                            config=settings)

    def said(self):
        """What it says itself."""
        return self.log_path.read_text(errors="replace")

    def logged(self):
        """Every line that functions logged."""
        logs = self.client("logs")
        pages = [logs.get_paginator("filter_log_events").paginate(logGroupName=group["logGroupName"])
                 for found in logs.get_paginator("describe_log_groups").paginate() for group in found["logGroups"]]
        return [line for found in pages for page in found for event in page["events"] for line in event["message"].splitlines()]
