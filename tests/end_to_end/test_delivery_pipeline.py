"""A team's commits go through its pipeline into two accounts, IAM enforced across them.

One that breaks a test stops at the build; a good one serves in both accounts; one that changes the README
deploys and changes nothing; a bad one is taken back in the first account and never reaches the second.
"""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from mdlc_cli.app import app
from mdlc_cli.aws import local
from mdlc_cli.aws.target import Target, at
from tests.docs.markdown import ROOT
from tests.end_to_end.aws import parent
from tests.end_to_end.delivered import app as delivered

ANSWER = """def handler(event, context):
    return {{"answer": event["asked"] * {factor}}}
"""
TEST = """from answer import handler


class TestAnswer:
    def test_the_answer_is_a_multiple(self):
        assert handler({"asked": 3}, None)["answer"] % 3 == 0
"""
BAD = """def handler(event, context):
    if context is not None:
        raise RuntimeError("bad in the account alone")
    return {"answer": 0}
"""
SETTINGS = """[local]
time_scale = 50
accounts = ["{second}"]

[local.repositories]
"team/model" = "./"
"""
SECONDS = 120


@dataclass
class Team:
    """The team's repository, and the local AWS that it delivers to."""

    folder: Path
    target: Target

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)

    def commit(self, message: str) -> str:
        self.git("add", ".")
        self.git("commit", "--quiet", "--message", message)
        return self.git("rev-parse", "HEAD")

    def git(self, *arguments: str) -> str:
        command = [
            "git",
            "-C",
            str(self.folder),
            "-c",
            "user.name=team",
            "-c",
            "user.email=a@b.c",
            *arguments,
        ]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def mdlc(self, *words: str, status: int = 0) -> str:
        done = CliRunner().invoke(app, list(words))
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        assert done.exit_code == status, done.output
        return done.output

    def latest(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.status())["executions"][0]
        return found

    def status(self) -> str:
        output = self.mdlc("pipeline", "status", "--json")
        return output[output.index("{") :]

    def settle(self) -> dict[str, Any]:
        """Wait until no execution runs, or one waits for an approval."""
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            shown = json.loads(self.status())
            waiting = any(action["waits_for_approval"] for action in shown["actions"])
            if waiting or all(each["status"] != "InProgress" for each in shown["executions"]):
                return dict(shown["executions"][0])
            time.sleep(0.2)
        raise AssertionError(self.mdlc("pipeline", "status"))

    def answer(self, account: str, stack: str) -> int:
        """What the function of an environment answers to 2; 0 where there is no stack."""
        target = self.target.in_account(account)
        stacks = target.client("cloudformation").describe_stacks()["Stacks"]
        found = [each for each in stacks if each["StackName"] == stack]
        if not found or not found[0].get("Outputs"):
            return 0
        name = found[0]["Outputs"][0]["OutputValue"]
        answered = target.client("lambda").invoke(FunctionName=name, Payload=b'{"asked": 2}')
        return int(json.load(answered["Payload"]).get("answer", 0))


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    folder = tmp_path_factory.mktemp("team")
    shutil.copyfile(delivered.__file__, folder / "app.py")
    patch = pytest.MonkeyPatch()
    patch.setenv("PYTHONPATH", str(ROOT))
    patch.delenv("AWS_PROFILE", raising=False)
    (folder / "mdlc.toml").write_text(SETTINGS.format(second=delivered.SECOND))
    (folder / "cdk.json").write_text(json.dumps({"app": f"{sys.executable} -P app.py"}))
    (folder / ".gitignore").write_text("cdk.out\nreports\n.mdlc\n__pycache__\n")
    subprocess.run(["git", "init", "--quiet", "--initial-branch=main", str(folder)], check=True)
    patch.chdir(folder)
    server, _ = local.up(folder, parent_pid=parent())
    made = Team(folder=folder, target=at(server))
    made.write("code/answer.py", ANSWER.format(factor=10))
    made.write("code/test_answer.py", TEST)
    made.commit("the first answer")
    yield made
    local.down(folder)
    patch.undo()


def test_a_commit_goes_to_both_accounts_or_to_none(team: Team) -> None:
    # The first deployment is a person's; from then on the pipeline updates itself.
    team.mdlc("deploy", "TeamDelivery")
    team.settle()
    assert team.answer(delivered.HOME, "TeamBeta") == 20
    assert team.answer(delivered.SECOND, "TeamProd") == 0
    asked = team.mdlc("pipeline", "approve", "--yes")
    assert f"goes to Prod: account {delivered.SECOND}" in asked
    assert team.settle()["status"] == "Succeeded"
    assert team.answer(delivered.SECOND, "TeamProd") == 20
    first = {
        name: _updated(team, *name) for name in (("TeamBeta", delivered.HOME), ("TeamProd", delivered.SECOND))
    }

    team.write("code/test_answer.py", TEST.replace("== 0", "== 1"))
    team.commit("a test breaks")
    shown = team.mdlc("pipeline", "run", status=1)
    assert "Build / Build" in shown
    assert "test_the_answer_is_a_multiple" in shown
    assert "Beta" not in shown

    team.write("code/test_answer.py", TEST)
    team.write("README.md", "# The team\n")
    readme = team.commit("a README")
    assert "waits for you" in team.mdlc("pipeline", "run")
    team.mdlc("pipeline", "approve", "--yes")
    assert team.settle()["status"] == "Succeeded"
    assert team.latest()["commit"] == readme
    assert {name: _updated(team, *name) for name in first} == first

    team.write("code/answer.py", BAD)
    team.commit("bad in the account alone")
    shown = team.mdlc("pipeline", "run", status=1)
    assert "Check1-team-check" in shown
    assert "bad in the account alone" in shown
    back = team.settle()
    assert (back["rollback"], back["status"]) == (True, "Succeeded")
    assert team.answer(delivered.HOME, "TeamBeta") == 20
    assert team.answer(delivered.SECOND, "TeamProd") == 20
    assert _updated(team, "TeamProd", delivered.SECOND) == first["TeamProd", delivered.SECOND]


def _updated(team: Team, stack: str, account: str) -> Any:
    cloudformation = team.target.in_account(account).client("cloudformation")
    found = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
    return found.get("LastUpdatedTime", found["CreationTime"])
