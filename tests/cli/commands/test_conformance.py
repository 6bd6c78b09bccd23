"""`mdlc conformance`: what it says before, shows, writes and removes, and how it ends when interrupted."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from typer.testing import CliRunner

from mdlc_cli.app import app
from mdlc_cli.aws.target import Target
from mdlc_cli.commands import conformance, options
from mdlc_cli.conformance import asking, deployment
from mdlc_cli.conformance.bench import Bench
from mdlc_cli.conformance.probe import ENDPOINTS, JOBS, QUICK, Observation, Probe
from mdlc_cli.errors import CommandError

ACCOUNT = "123456781234"
AWS = Target(endpoint=None, region="eu-west-3", account=ACCOUNT)
Asked = Callable[[Bench], Observation]


class Recorded:
    """In place of `deployment`: what was deployed and removed."""

    def __init__(self, *, left: list[str] | None = None, fails: bool = False) -> None:
        self.deployed: list[str] = []
        self.removed: list[str] = []
        self._left, self._fails = left or [], fails

    def deploy(self, _: Target, run: str) -> dict[str, str]:
        self.deployed.append(run)
        if self._fails:
            raise CommandError("the stack could not be created: Bucket: AccessDenied")
        return {}

    def remove(self, _: Target, run: str) -> list[str]:
        self.removed.append(run)
        return self._left


def probe(name: str, ask: Asked, group: str = QUICK) -> Probe:
    return Probe(
        id=name, belief="It is.", source="https://aws.amazon.com", page="data.md", ask=ask, group=group
    )


def answers(value: Any) -> Asked:
    return lambda _: Observation(answer={"value": value})


def raises(error: BaseException) -> Asked:
    def ask(_: Bench) -> Observation:
        raise error

    return ask


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Recorded]:
    """Begins with probes by which nothing is asked, in an account that does not exist."""

    def begin(*probes: Probe, target: Target = AWS, **more: Any) -> Recorded:
        made = Recorded(**more)
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(options, "chosen", lambda _: (tmp_path, target))
        for name in ("deploy", "remove"):
            monkeypatch.setattr(deployment, name, getattr(made, name))
        monkeypatch.setattr(deployment, "left", lambda _: ["0123abcd"])
        monkeypatch.setattr(
            conformance, "_chosen", lambda wanted: [one for one in probes if one.group in wanted]
        )
        expected = {"same": {"value": 1}, "other": {"value": 1}, "denied": {"value": 1}}
        monkeypatch.setattr(asking, "expected", lambda: expected)
        return made

    return begin


def mdlc(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["conformance", *arguments], catch_exceptions=True)


DENIED = ClientError(
    {
        "Error": {
            "Code": "AccessDenied",
            "Message": f"User: arn:aws:iam::{ACCOUNT}:user/x is not authorized to perform: s3:PutObject",
        }
    },
    "PutObject",
)


def test_it_shows_and_writes_what_agrees_differs_and_was_not_answered(
    recorded: Callable[..., Recorded], tmp_path: Path
) -> None:
    made = recorded(
        probe("same", answers(1)), probe("other", answers(f"of {ACCOUNT}")), probe("denied", raises(DENIED))
    )
    shown = mdlc("--yes")
    assert shown.exit_code == 1
    assert "value: of <account>, recorded 1" in shown.stdout
    assert "needs s3:PutObject" in shown.stdout
    assert "1 agree, 1 differ, 1 were not answered" in shown.stdout
    (path,) = tmp_path.glob("conformance-xxxxxxxx1234-*.json")
    text = path.read_text()
    assert ACCOUNT not in text
    assert [one["result"] for one in json.loads(text)["probes"]] == ["agrees", "differs", "not answered"]
    assert made.deployed == made.removed


def test_before_a_run_it_says_costs_and_what_an_earlier_run_left(recorded: Callable[..., Recorded]) -> None:
    costly = replace(probe("other", answers(1), ENDPOINTS), instance_minutes={"ml.m5.large": 60.0})
    recorded(probe("same", answers(1)), costly)
    quick = mdlc("--yes").stderr
    assert "1 probes (quick): the run takes about" in quick
    assert "costs about $0.05" in quick
    assert "mdlc conformance --remove 0123abcd" in quick
    assert "is not known here" in mdlc("--yes", "--groups", "endpoints, quick").stderr


def test_without_an_answer_nothing_is_deployed(recorded: Callable[..., Recorded]) -> None:
    made = recorded(probe("same", answers(1)))
    assert isinstance(mdlc().exception, CommandError)
    assert made.deployed == []


def test_everything_that_agrees_ends_with_0_and_json_is_the_file(
    recorded: Callable[..., Recorded], tmp_path: Path
) -> None:
    recorded(probe("same", answers(1)))
    shown = mdlc("--yes", "--json")
    assert shown.exit_code == 0
    assert json.loads(shown.stdout)["probes"][0]["result"] == "agrees"
    assert mdlc("--yes").exit_code == 0
    assert len(list(tmp_path.glob("*.json"))) == 2


@pytest.mark.parametrize(
    "begin",
    [{"fails": True}, {"ask": raises(KeyboardInterrupt())}],
    ids=["a stack that cannot be created", "Ctrl-C"],
)
def test_what_was_made_is_removed_whatever_ends_the_run(
    recorded: Callable[..., Recorded], begin: dict[str, Any], tmp_path: Path
) -> None:
    last = probe("other", begin.pop("ask", answers(1)))
    made = recorded(probe("same", answers(1)), last, **begin)
    shown = mdlc("--yes")
    assert shown.exit_code == 1
    assert made.deployed == made.removed != []
    if not begin:
        assert "interrupted after 1 of 2 probes" in str(shown.exception)
        (path,) = tmp_path.glob("*.json")
        assert len(json.loads(path.read_text())["probes"]) == 1


def test_what_cannot_be_removed_is_said_with_how_to_try_again(recorded: Callable[..., Recorded]) -> None:
    made = recorded(probe("same", answers(1)), left=["endpoints: e: AWS refused: busy"])
    shown = mdlc("--yes")
    assert shown.exit_code == 1
    assert "not removed: endpoints: e: AWS refused: busy" in shown.stderr
    assert f"mdlc conformance --remove {made.removed[0]}" in shown.stderr


def test_a_removal_alone_asks_nothing(recorded: Callable[..., Recorded]) -> None:
    made = recorded(probe("same", answers(1)))
    shown = mdlc("--remove", "89abcdef", "--yes")
    assert (shown.exit_code, made.deployed, made.removed) == (0, [], ["89abcdef"])
    assert "Nothing of run 89abcdef is left." in shown.stdout


@pytest.mark.parametrize(
    "arguments", [("--groups", "quik"), ("--groups", " , "), ("--remove", "x"), ("--remove", "")]
)
def test_a_wrong_group_or_run_is_refused_before_aws_is_asked(
    recorded: Callable[..., Recorded], arguments: tuple[str, str]
) -> None:
    made = recorded(probe("same", answers(1)))
    shown = mdlc(*arguments)
    assert isinstance(shown.exception, CommandError)
    assert (made.deployed, made.removed) == ([], [])
    assert JOBS in str(shown.exception) or "eight" in str(shown.exception)
