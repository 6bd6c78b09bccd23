"""`mdlc pipeline` on a pipeline that runs: what a person sees, and what a person may do."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from mdlc_cli.aws.target import Target
from mdlc_cli.commands import options, pipelines
from mdlc_cli.errors import CommandError
from tests.local.code_pipeline.conftest import Team
from tests.local.embedded import ACCOUNT, REGION, Server


class Mdlc:
    """Gives commands to the embedded AWS."""

    def __init__(self, target: Target) -> None:
        self.target = target

    def __call__(self, *words: str, status: int = 0) -> str:
        done = CliRunner().invoke(pipelines.app, list(words))
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        assert done.exit_code == status, done.output
        return done.output


@pytest.fixture
def mdlc(server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Mdlc:
    credentials = server.credentials
    target = Target(
        endpoint=server.endpoint,
        region=REGION,
        account=ACCOUNT,
        secret=credentials["aws_secret_access_key"],
    )
    monkeypatch.setattr(options, "chosen", lambda local: (tmp_path, target))
    monkeypatch.setattr(options, "chosen_to_change", lambda local, what, *, yes: (tmp_path, target))
    return Mdlc(target)


def test_run_waits_for_a_person_and_goes_on_after_the_approval(team: Team, mdlc: Mdlc) -> None:
    team.create(approval=True)
    team.token()
    shown = mdlc("status", team.name)
    assert "waits for you" in shown
    assert "hello by" in shown
    assert f"mdlc pipeline approve {team.name} --stage Ask" in shown
    with pytest.raises(CommandError, match="nobody can be asked here"):
        mdlc("approve", team.name)
    approved = mdlc("approve", team.name, "--yes", "--reason", "seen")
    assert "hello by" in approved
    team.wait(team.latest()["pipelineExecutionId"])
    with pytest.raises(CommandError, match="no approval waits"):
        mdlc("approve", team.name, "--yes")
    assert "waits for you" in mdlc("run", team.name)
    mdlc("reject", team.name, "--reason", "not today", "--yes")
    ended = team.wait(team.latest()["pipelineExecutionId"])
    assert "not today" in ended["statusSummary"]


def test_run_says_which_command_of_a_build_failed(team: Team, mdlc: Mdlc) -> None:
    team.create()
    team.wait(team.latest()["pipelineExecutionId"])
    team.commit("a test breaks", check_sh="echo test_the_model FAILED; exit 4\n")
    output = mdlc("run", team.name, status=1)
    assert "Build / Build: Build terminated with state: FAILED" in output
    assert "test_the_model FAILED" in output
    listed = json.loads(mdlc("status", team.name, "--json"))
    assert [each["status"] for each in listed["executions"]] == ["Failed", "Succeeded"]
    assert listed["executions"][0]["message"] == "a test breaks"
    by_name = {(each["stage"], each["action"]): each for each in listed["actions"]}
    assert by_name["Build", "Build"]["status"] == "Failed"
    assert "token" not in json.dumps(listed)


def test_another_name_is_suggested(team: Team, mdlc: Mdlc) -> None:
    team.create()
    with pytest.raises(CommandError, match=f"did you mean '{team.name}'"):
        mdlc("status", team.name[:-1])


def test_run_without_waiting_prints_the_execution(team: Team, mdlc: Mdlc) -> None:
    team.wait(team.create())
    execution = mdlc("run", team.name, "--no-wait").strip()
    assert team.wait(execution)["status"] == "Succeeded"


def test_hostile_messages_of_commits_are_shown_as_text(team: Team, mdlc: Mdlc) -> None:
    team.commit("\x1b[2Jgone [red]x[/red]", words="a")
    team.wait(team.create())
    shown: Any = mdlc("status", team.name)
    assert "\x1b[2J" not in shown
    assert "[red]x[/red]" in shown
