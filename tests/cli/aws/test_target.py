from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from mdlc_cli.aws import absence, local, target
from mdlc_cli.errors import CommandError
from mdlc_cli.tools import processes
from tests.cli.fakes import FakeClient

FACTS = {"pid": 4711, "started_at": "2026-01-01T00:00:00Z", "iam": True, "versions": {"moto": "5"}}


class Health(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = json.dumps(FACTS).encode()
        self.send_response(200 if self.path == "/_mdlc/health" else 404)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        pass


@pytest.fixture
def endpoint() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Health) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(autouse=True)
def no_aws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in (
        "AWS_PROFILE",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
        "AWS_ACCESS_KEY_ID",
        target.TARGET_VARIABLE,
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


def ready(root: Path, endpoint: str, *, pid: int = 4711) -> None:
    folder = absence.state_folder(root)
    folder.mkdir(parents=True)
    (folder / "secret").write_text("secret")
    (folder / "ready.json").write_text(json.dumps({**FACTS, "endpoint": endpoint, "pid": pid}))


def test_the_local_aws_is_used_when_it_runs_and_it_is_said(
    tmp_path: Path, endpoint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ready(tmp_path, endpoint)
    assert target.reported(tmp_path).endpoint == endpoint
    shown = capsys.readouterr()
    assert shown.err.splitlines() == [f"Using the local AWS at {endpoint} (nothing leaves this machine)"]
    assert shown.out == ""


def test_another_server_on_the_same_port_is_not_ours(tmp_path: Path, endpoint: str) -> None:
    ready(tmp_path, endpoint, pid=1)
    with pytest.raises(CommandError, match="was killed, and what was deployed and stored in it is gone"):
        target.choose(tmp_path, "local")


class TestNoRealAccountByAccident:
    """Credentials of a real account are at hand, and nothing says that it is meant."""

    @pytest.fixture(autouse=True)
    def real(self, monkeypatch: pytest.MonkeyPatch) -> None:
        account = target.Target(endpoint=None, region="eu-west-1", account="123456789012")
        monkeypatch.setattr(target, "_real", lambda **_: account)

    def test_where_none_was_ever_up_the_account_is_used(self, tmp_path: Path) -> None:
        assert target.choose(tmp_path).account == "123456789012"

    def test_one_that_runs_and_does_not_answer_is_said(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(absence, "ANSWER_SECONDS", 0.2)
        with socket.socket() as listener:
            # Connections are taken and never answered: a server that is busy, or stopped by SIGSTOP.
            listener.bind(("127.0.0.1", 0))
            listener.listen()
            ready(tmp_path, f"http://127.0.0.1:{listener.getsockname()[1]}", pid=os.getpid())
            launch = {"pid": os.getpid(), "started": processes.started(os.getpid())}
            (absence.state_folder(tmp_path) / "launch.json").write_text(json.dumps(launch))
            remedy = r"wait and try again, end it with `mdlc local down`, or use your account with --aws"
            with pytest.raises(CommandError, match=f"runs and does not answer within .*: {remedy}"):
                target.choose(tmp_path)
            with pytest.raises(
                CommandError, match=r"does not answer within .* s: wait and try again, or end"
            ):
                local.up(tmp_path)
        assert target.choose(tmp_path, "aws").account == "123456789012"

    def test_one_that_was_killed_is_said(self, tmp_path: Path) -> None:
        ready(tmp_path, "http://127.0.0.1:9")
        with pytest.raises(
            CommandError,
            match=r"was killed, and what .* is gone: start one with `mdlc local up`, or use your",
        ):
            target.choose(tmp_path)

    def test_one_that_ended_by_itself_is_said(self, tmp_path: Path) -> None:
        absence.state_folder(tmp_path).mkdir(parents=True)
        launch = {"pid": 2**22 - 1, "started": "long ago"}
        (absence.state_folder(tmp_path) / "launch.json").write_text(json.dumps(launch))
        with pytest.raises(CommandError, match="has ended, and what was deployed and stored in it is gone"):
            target.choose(tmp_path)

    def test_one_that_was_taken_down_is_said(self, tmp_path: Path) -> None:
        absence.state_folder(tmp_path).mkdir(parents=True)
        with pytest.raises(
            CommandError, match="is down: start one with `mdlc local up`, or use your account"
        ):
            target.choose(tmp_path)

    def test_a_project_can_say_that_its_account_is_meant(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ready(tmp_path, "http://127.0.0.1:9")
        (tmp_path / "mdlc.toml").write_text('target = "aws"')
        assert target.choose(tmp_path).account == "123456789012"
        monkeypatch.setenv(target.TARGET_VARIABLE, "local")
        with pytest.raises(CommandError, match="was killed"):
            target.choose(tmp_path)

    def test_another_word_in_the_settings_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "mdlc.toml").write_text('target = "cloud"')
        with pytest.raises(
            CommandError, match=r"target in .*mdlc.toml is 'cloud': write \"local\" or \"aws\""
        ):
            target.choose(tmp_path)


def test_real_aws_can_be_demanded_while_the_local_one_runs(
    tmp_path: Path, endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready(tmp_path, endpoint)
    monkeypatch.setenv(target.TARGET_VARIABLE, "aws")
    with pytest.raises(CommandError, match="no AWS region is configured"):
        target.choose(tmp_path)
    assert target.choose(tmp_path, "local").is_local, "an option wins over the variable"


def test_an_unknown_word_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(target.TARGET_VARIABLE, "moon")
    with pytest.raises(CommandError, match="MDLC_TARGET=moon names no AWS: set it to local or aws"):
        target.choose(tmp_path)


def test_real_aws_without_credentials_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with pytest.raises(
        CommandError, match=r"real AWS cannot be used \(.*redentials.*\): run `mdlc local up`"
    ):
        target.choose(tmp_path, "aws")


def test_a_shell_with_the_local_ones_variables_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "000000000000")
    with pytest.raises(CommandError, match="is a key of a local AWS, from `mdlc local env`: use real AWS"):
        target.choose(tmp_path, "aws")


def test_a_subprocess_of_the_local_aws_cannot_reach_a_real_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "secret")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "https://elsewhere.invalid")
    monkeypatch.setenv("NO_PROXY", "intranet")
    chosen = target.Target(
        endpoint="http://127.0.0.1:4566", region="us-east-1", account="000000000000", secret="s"
    )
    environment = chosen.environment()
    assert not {"AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_S3"} & set(environment)
    assert environment["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4566"
    assert environment["AWS_CONFIG_FILE"] == environment["AWS_SHARED_CREDENTIALS_FILE"] == "/dev/null"
    keys = (environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"])
    assert (*keys, environment["CDK_DEFAULT_ACCOUNT"]) == ("000000000000", "s", "000000000000")
    assert "s" not in repr(chosen).split("secret=")[1:]
    assert environment["NO_PROXY"] == "intranet,127.0.0.1"


def test_a_subprocess_of_real_aws_keeps_the_environment_but_no_endpoint(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.delenv("CDK_VALIDATION", raising=False)
    chosen = target.Target(endpoint=None, region="eu-west-1", account="123456789012")
    environment = chosen.environment()
    assert environment["AWS_PROFILE"] == "production"
    assert environment["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] == "true"
    assert "CDK_VALIDATION" not in environment
    assert chosen.sentence == "Using real AWS: account 123456789012, region eu-west-1"


def test_clients_talk_to_the_chosen_aws_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1234")
    at_home = target.Target(endpoint="http://127.0.0.1:4566", region="us-east-1", account="000000000000")
    assert at_home.client("s3").meta.endpoint_url == "http://127.0.0.1:4566"
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    real = target.Target(endpoint=None, region="eu-west-1", account="123456789012")
    assert "amazonaws.com" in real.client("sqs").meta.endpoint_url


def test_requests_are_signed_with_the_credentials_of_the_chosen_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    here = target.Target(
        endpoint="http://127.0.0.1:4566", region="us-east-1", account="0" * 12, secret="secret"
    )
    assert (here.credentials().access_key, here.credentials().secret_key) == ("0" * 12, "secret")
    real = target.Target(endpoint=None, region="us-east-1", account="1" * 12)
    with pytest.raises(CommandError, match="no AWS credentials were found: sign in again"):
        real.credentials()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "example")
    assert real.credentials().access_key == "AKIAEXAMPLE"


def test_an_api_is_reached_where_its_aws_is() -> None:
    url = "https://abc123.execute-api.us-east-1.amazonaws.com/live/"
    here = target.Target(endpoint="http://127.0.0.1:4566", region="us-east-1", account="0" * 12)
    assert here.reached_at(url) == "http://127.0.0.1:4566/_aws/execute-api/abc123/live/"
    assert here.reached_at("a-bucket") == "a-bucket"
    assert target.Target(endpoint=None, region="us-east-1", account="1" * 12).reached_at(url) == url


def test_real_aws_beside_a_local_one_says_that_the_local_one_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, endpoint: str
) -> None:
    ready(tmp_path, endpoint)
    monkeypatch.setenv("AWS_REGION", "eu-west-1")

    class Session:
        region_name = "eu-west-1"

        def client(self, service: str, **_: object) -> FakeClient:
            return FakeClient(get_caller_identity={"Account": "123456789012"})

    monkeypatch.setattr(target, "_session", Session)
    assert target.choose(tmp_path, "aws").sentence == (
        "Using real AWS: account 123456789012, region eu-west-1; "
        f"the local AWS at {endpoint} is left as it is"
    )


def test_real_aws_that_cannot_be_used_beside_a_local_one_names_both_ways(
    tmp_path: Path, endpoint: str
) -> None:
    ready(tmp_path, endpoint)
    with pytest.raises(CommandError) as refusal:
        target.choose(tmp_path, "aws")
    assert str(refusal.value) == (
        "real AWS is asked for (--aws, MDLC_TARGET or mdlc.toml) and no AWS region is configured: configure "
        f"AWS credentials and a region, or use the local AWS at {endpoint} with --local"
    )
