"""Functions run as processes under their role, fail by their exception's name, and log where people look."""

import hashlib
import io
import json
import os
import re
import textwrap
import threading
import time
import uuid
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from mdlc_local.lambdas import IDLE_SECONDS, PATIENCE_SECONDS, Places, idle, worker_script
from mdlc_local.patches import PatchMovedError
from tests.local.embedded import ACCOUNT, REGION, Role, Server, allow, embedded_python, start
from tests.local.states.running import run

Clients = Callable[[str], Any]
Roles = Callable[..., Role]
Functions = Callable[..., str]

LOGS = allow(["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"])


@pytest.fixture
def make_function(server: Server, make_role: Roles) -> Functions:
    """Makes a function from its source and its role's statements; returns its name."""

    def make(source: str, *statements: dict[str, Any], **more: Any) -> str:
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as files:
            files.writestr("index.py", textwrap.dedent(source))
        name = f"test-{uuid.uuid4().hex[:12]}"
        server.client("lambda").create_function(
            FunctionName=name,
            Role=make_role(*statements, principal="lambda.amazonaws.com").arn,
            Runtime="python3.12",
            Handler="index.handler",
            Timeout=20,
            Code={"ZipFile": archive.getvalue()},
            **more,
        )
        return name

    return make


def invoke(server: Server, name: str, event: Any = None) -> tuple[str | None, Any]:
    """Invoke a function: the kind of error, and its answer."""
    answer = server.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event or {}))
    return answer.get("FunctionError"), json.load(answer["Payload"])


RAISES = """
    class NoDataError(Exception):
        pass

    def handler(event, context):
        raise NoDataError("nothing at the prefix")
"""


def test_a_function_that_nobody_invokes_has_no_process() -> None:
    def process(idle_seconds: float, in_use: bool = False) -> SimpleNamespace:
        return SimpleNamespace(in_use=in_use, last_used=1000 - idle_seconds)

    functions = {
        "busy": [process(IDLE_SECONDS + 1, in_use=True)],
        "warm": [process(IDLE_SECONDS + 1), process(1)],
        "idle": [process(IDLE_SECONDS + 1), process(IDLE_SECONDS + 2)],
    }
    assert idle(functions, now=1000) == ["idle"]


def test_an_exception_has_its_name_and_stack(server: Server, make_function: Functions) -> None:
    kind, answer = invoke(server, make_function(RAISES))
    assert kind == "Unhandled"
    assert (answer["errorType"], answer["errorMessage"]) == ("NoDataError", "nothing at the prefix")
    assert "in handler" in answer["stackTrace"][0]


def test_a_process_outlives_its_exceptions_and_keeps_outputs_apart(
    server: Server, make_function: Functions
) -> None:
    name = make_function(
        """
        import os

        def handler(event, context):
            print("said", event["n"], end="")
            if event["n"] == 2:
                raise ValueError(os.getpid())
            return os.getpid()
        """
    )
    first = invoke(server, name, {"n": 1})[1]
    kind, raised = invoke(server, name, {"n": 2})
    assert (kind, raised["errorType"], raised["errorMessage"]) == ("Unhandled", "ValueError", str(first))
    assert invoke(server, name, {"n": 3})[1] == first
    lines = (server.state_dir / "logs" / f"{name}.log").read_text().splitlines()
    assert [line for line in lines if line.startswith("said")] == ["said 1", "said 2", "said 3"]


@pytest.mark.parametrize(
    ("source", "kind"),
    [("import no_such_module", "Runtime.ImportModuleError"), ("other = 1", "Runtime.HandlerNotFound")],
)
def test_a_function_that_cannot_start(
    server: Server, make_function: Functions, source: str, kind: str
) -> None:
    assert invoke(server, make_function(source))[1]["errorType"] == kind


def test_a_process_that_is_killed_is_told_as_lambda_tells_it(
    server: Server, make_function: Functions
) -> None:
    name = make_function(
        """
        import os, signal

        def handler(event, context):
            os.kill(os.getpid(), signal.SIGKILL)
        """
    )
    kind, answer = invoke(server, name)
    assert (kind, answer["errorType"]) == ("Unhandled", "Runtime.ExitError")
    assert answer["errorMessage"].endswith("Runtime exited with error: signal: killed")


def test_a_machine_catches_by_class(server: Server, make_role: Roles, make_function: Functions) -> None:
    name = make_function(RAISES)
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"
    call = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {"FunctionName": arn, "Payload": {}},
        "Retry": [{"ErrorEquals": ["OtherError"], "MaxAttempts": 3}],
        "Catch": [{"ErrorEquals": ["NoDataError"], "Output": "{% $states.errorOutput %}", "Next": "Caught"}],
        "End": True,
    }
    machine = {
        "QueryLanguage": "JSONata",
        "StartAt": "Call",
        "States": {"Call": call, "Caught": {"Type": "Succeed"}},
    }
    done = run(server, machine, make_role(allow("lambda:InvokeFunction", arn)).arn)
    assert (done.status, done.output["Error"]) == ("SUCCEEDED", "NoDataError")
    refused = run(server, machine, make_role().arn)
    assert refused.error == "Lambda.AWSLambdaException"
    assert f"lambda:InvokeFunction on resource: {arn}" in str(refused.cause)


def test_runs_as_its_role(server: Server, make_function: Functions) -> None:
    source = """
        import os
        import boto3

        def handler(event, context):
            who = boto3.client("sts").get_caller_identity()["Arn"]
            try:
                boto3.client("s3").list_buckets()
                refused = ""
            except Exception as error:
                refused = str(error)
            table, region = os.environ["TABLE"], os.environ["AWS_REGION"]
            return {"who": who, "refused": refused, "table": table, "region": region}
    """
    name = make_function(source, Environment={"Variables": {"TABLE": "runs"}})
    _, answer = invoke(server, name)
    assert ":assumed-role/test-" in answer["who"]
    assert "s3:ListAllMyBuckets" in answer["refused"]
    assert (answer["table"], answer["region"]) == ("runs", REGION)


def messages(client: Clients, group: str) -> list[str]:
    return [event["message"] for event in client("logs").filter_log_events(logGroupName=group)["events"]]


SPEAKS = """
    def handler(event, context):
        print("said:", event["word"])
"""


def test_logs_reach_the_group_and_the_folder(
    server: Server, make_function: Functions, client: Clients
) -> None:
    name = make_function(SPEAKS, LOGS)
    invoke(server, name, {"word": "hello"})
    assert "said: hello" in messages(client, f"/aws/lambda/{name}")
    assert "said: hello" in (server.state_dir / "logs" / f"{name}.log").read_text()


def test_without_permission_no_logs_reach_the_group(
    server: Server, make_function: Functions, client: Clients
) -> None:
    group = f"/test/{uuid.uuid4().hex}"
    client("logs").create_log_group(logGroupName=group)
    name = make_function(SPEAKS, LoggingConfig={"LogGroup": group})
    invoke(server, name, {"word": "hello"})
    assert messages(client, group) == []


def test_a_burst_is_bounded(server: Server, make_function: Functions) -> None:
    name = make_function(
        "import os, time\ndef handler(event, context):\n    time.sleep(0.3)\n    return os.getpid()"
    )
    with ThreadPoolExecutor(40) as pool:
        answers = list(pool.map(lambda _: invoke(server, name), range(40)))
    assert [kind for kind, _ in answers] == [None] * 40
    assert len({pid for _, pid in answers}) <= max(8, 4 * (os.cpu_count() or 1))


def test_a_function_may_call_another_while_all_turns_are_taken(
    server: Server, make_function: Functions
) -> None:
    inner = make_function("def handler(event, context): return 1")
    source = f"""
        import boto3, json

        def handler(event, context):
            answer = boto3.client("lambda").invoke(FunctionName="{inner}")
            return json.load(answer["Payload"])
    """
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{inner}"
    outer = make_function(source, allow("lambda:InvokeFunction", arn))
    started = time.monotonic()
    with ThreadPoolExecutor(24) as pool:
        answers = list(pool.map(lambda _: invoke(server, outer), range(24)))
    assert answers == [(None, 1)] * 24
    assert time.monotonic() - started < 60


def test_a_moved_worker_program_is_noticed() -> None:
    with pytest.raises(PatchMovedError, match="_PYTHON_WORKER_SCRIPT no longer contains"):
        worker_script("print('something else')")


def test_an_invocation_waits_a_moment_for_a_busy_process() -> None:
    places = Places()
    waited = []

    def enter() -> None:
        started = time.monotonic()
        with places:
            waited.append(time.monotonic() - started)

    with places:
        second = threading.Thread(target=enter)
        second.start()
        second.join()
    assert waited[0] >= PATIENCE_SECONDS, "the process stayed busy, so another one starts"
    with places:
        enter()
    assert waited[1] < PATIENCE_SECONDS, "there are two processes now"


ENVIRONMENT = """
    import os

    def handler(event, context):
        return dict(os.environ)
"""
OF_LAMBDA = re.compile(
    r"AWS_(REGION|DEFAULT_REGION|ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN|LAMBDA_\w+|EXECUTION_ENV)|"
    r"_?LAMBDA_\w+|_HANDLER|_X_AMZN_TRACE_ID|PATH|LANG|LC_ALL|LC_CTYPE|LD_LIBRARY_PATH|SSL_CERT_FILE|TZ"
)
OF_THIS_SERVER = re.compile(
    r"AWS_(ENDPOINT_URL|CONFIG_FILE|SHARED_CREDENTIALS_FILE|EC2_METADATA_DISABLED)|TMPDIR|.*MINISTACK.*|"
    r"AWS_DISABLE_HOST_PREFIX_INJECTION"
)


def test_a_function_sees_what_lambda_would_give_it_and_nothing_of_the_shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell = {
        "GITHUB_TOKEN": "token", "AWS_ENDPOINT_URL_S3": "http://elsewhere.invalid", "AWS_PROFILE": "mine",
        "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/mine", "AWS_WEB_IDENTITY_TOKEN_FILE": "/token",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.2/", "HTTP_PROXY": "http://proxy.invalid",
        "PYTHONPATH": "/mine", "OPENAI_API_KEY": "key", "TZ": "Pacific/Auckland",
    }  # fmt: skip
    embedded_python()
    with monkeypatch.context() as patched:
        for name, value in shell.items():
            patched.setenv(name, value)
        started = start(tmp_path / "state")
    try:
        lambda_, iam = started.client("lambda"), started.client("iam")
        trust = {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
        role = iam.create_role(
            RoleName="r", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        )["Role"]["Arn"]
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as files:
            files.writestr("index.py", textwrap.dedent(ENVIRONMENT))
        lambda_.create_function(
            FunctionName="f", Role=role, Runtime="python3.12", Handler="index.handler", Timeout=20,
            Code={"ZipFile": archive.getvalue()},
            # What the shell happens to hold too is still the function's.
            Environment={"Variables": {"OWN": "1", "OPENAI_API_KEY": "key"}},
        )  # fmt: skip
        kind, seen = invoke(started, "f")
        assert kind is None, seen
        assert (seen.pop("OWN"), seen.pop("OPENAI_API_KEY")) == ("1", "key")
        strange = [n for n in seen if not OF_LAMBDA.fullmatch(n) and not OF_THIS_SERVER.fullmatch(n)]
        assert strange == []
        assert (seen["AWS_ENDPOINT_URL"], seen["TZ"]) == (started.endpoint, "UTC")
        assert seen["AWS_ACCESS_KEY_ID"].startswith("ASIA")
        assert seen["AWS_SECRET_ACCESS_KEY"] != started.credentials["aws_secret_access_key"]
        # ministack makes the keys of a function's role from names that everybody can know.
        digest = hashlib.sha256(f"{seen['_LAMBDA_FUNCTION_ARN']}:{role}".encode()).hexdigest()
        derived = {
            "aws_access_key_id": f"ASIA{digest[:16].upper()}",
            "aws_secret_access_key": hashlib.sha256(f"secret:{digest}".encode()).hexdigest(),
            "aws_session_token": hashlib.sha256(f"token:{digest}".encode()).hexdigest(),
        }
        with pytest.raises(ClientError, match="is none of this server"):
            started.client("sts", credentials=derived).get_caller_identity()
    finally:
        started.end()
