"""The week of a team, with `mdlc` alone: the commands of docs/tutorial.md, as a reader types them.

Before the end of the week the commands of daily life are given again, to AWS's API as an account shows it:
without the local server's own paths, signed by an IAM user.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from mdlc_cli.aws import local
from tests.docs import sessions
from tests.docs.markdown import ROOT
from tests.docs.sessions import Step
from tests.end_to_end import aws_api
from tests.end_to_end.aws import parent
from tests.end_to_end.aws_api import AccountTarget, AwsApi
from tests.end_to_end.chapters import chapters

pytestmark = chapters("week")

TUTORIAL = ROOT / "docs" / "tutorial.md"
END = "## The end"
TIME_SCALE = 100
"""How much faster waiting goes here; the time scale of the project would make the test wait for minutes."""


@dataclass
class Reader:
    """Somebody who reads the tutorial and types its commands.

    Attributes:
        begun_in: the folder in which the reader began.
        folder: the folder in which the reader is.
    """

    begun_in: Path
    folder: Path = field(init=False)

    def __post_init__(self) -> None:
        self.folder = self.begun_in

    def follow(self, steps: list[Step]) -> None:
        """Give the commands, which must succeed and print what the tutorial shows."""
        for step in steps:
            output = "".join(map(self.type, step.commands))
            missing = sessions.differences(step.shown, output)
            assert missing == [], f"line {step.line} of the tutorial; this was printed:\n{output}"

    def type(self, command: str) -> str:
        """The output of a command, errors included."""
        if command.startswith("cd "):
            self.folder = self.folder / command.removeprefix("cd ")
            return ""
        if command == "mdlc local up":
            # The server ends with the test, and waits less.
            self.type(f"sed -i 's/^time_scale = .*/time_scale = {TIME_SCALE}/' mdlc.toml")
            command = f"{command} --parent-pid {parent()}"
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MDLC_T"))}
        search = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            ["bash", "-c", f"set -euo pipefail; {command}"],
            cwd=self.folder,
            env={**kept, "PATH": search, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}"
        return done.stdout


@dataclass(frozen=True)
class Week:
    """The tutorial's reader, and its steps before and after the end of the week."""

    reader: Reader
    before: list[Step]
    after: list[Step]


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Week]:
    """A reader in an empty folder."""
    text = TUTORIAL.read_text(encoding="utf-8")
    end = text[: text.index(END)].count("\n") + 1
    steps = sessions.steps(TUTORIAL)
    reader = Reader(tmp_path_factory.mktemp("week"))
    yield Week(
        reader,
        [step for step in steps if step.line < end],
        [step for step in steps if step.line > end],
    )
    local.down(reader.folder)


@pytest.fixture(scope="module")
def account(week: Week) -> Iterator[tuple[AwsApi, Callable[[str, str | None], AccountTarget]]]:
    """AWS's API in front of the reader's local AWS, and the account as users of these names see it."""
    server = local.find(week.reader.folder)
    assert server is not None
    with aws_api.served(server) as api:
        yield api, lambda user, policy: aws_api.account(server, api, user, policy)


def test_the_commands_of_the_tutorial_do_what_it_says(week: Week) -> None:
    week.reader.follow(week.before)
    saved = week.reader.folder / "evaluation"
    assert {path.suffix for path in saved.iterdir()} >= {".html", ".png", ".json"}


COMMANDS = (
    ("models", r"churn  1 +champion"),
    ("show 2 --save saved", r"Saved|saved .*evaluation.html"),
    ("show champion --json", r'"version": 1'),
    ("show endpoint/latest", r"calls"),
    ("compare 1 2 --save saved", r"Metrics"),
    ("audit", r"retraining"),
    ("audit --model churn", r"approved by root"),
    ("audit a-first-question", r"Release to the endpoint"),
    ("executions --json", r"churn-retraining"),
    ("logs --tail 3", r"Execution .* ended as SUCCEEDED"),
    ("watch", r"SUCCEEDED"),
    ('ask {"plan":"plus","age":41,"months":9,"spent":30.5,"calls":1}', r"version  1"),
    ("put data/next_month.csv --yes", r"ok  uploading next_month.csv"),
    ("put data/customers.csv --for batch-inference --yes", r"ok  uploading customers.csv"),
    ("run batch-inference --yes", r"Succeeded"),
    ("run monitoring --last 1h --yes", r"Succeeded"),
    ("release --version 1 --yes", r"Unchanged"),
    ('run training --yes --input {"window":{"end":"2026-11-10T00:00:00"}}', r"PendingApproval"),
    ("approve 4 --reason wanted --yes", r"Version 4 of churn is approved"),
    ("release --yes", r"version +4"),
    ("rollback --yes", r"version +1"),
    ("reject 4 --reason unwanted --yes", r"Version 4 of churn is rejected"),
    ("diff", r"Nothing would change"),
    ("teardown Churn --yes", r"Churn destroyed"),
    ("deploy --yes --json", r"BucketName"),
    ("doctor", r"bootstrap"),
)
"""Commands to an account, and what they print."""


def test_the_same_commands_need_nothing_but_the_api_of_aws(
    week: Week, account: tuple[AwsApi, Callable[[str, str | None], AccountTarget]]
) -> None:
    api, user = account
    ada = user("ada", aws_api.POLICY)
    for command, printed in COMMANDS:
        status, output = aws_api.given(command.split(" "), ada, week.reader.folder)
        # What a machine lacks fails `mdlc doctor`, and it is not about the account.
        assert status == 0 or command == "doctor", f"mdlc {command}\n{output}"
        assert re.search(printed, output), f"mdlc {command}\n{output}"
    assert api.refused == []
    assert api.requests > 100


def test_predictions_come_from_an_account_as_a_file(
    week: Week, account: tuple[AwsApi, Callable[[str, str | None], AccountTarget]]
) -> None:
    _, user = account
    bo = user("bo", aws_api.POLICY)
    status, output = aws_api.given(["executions", "batch-inference", "--json"], bo, week.reader.folder)
    assert status == 0, output
    name = json.loads(output[output.index("[") :])[0]["execution"]
    status, output = aws_api.given(["show", name, "--predictions", "scores.csv"], bo, week.reader.folder)
    assert status == 0, output
    lines = (week.reader.folder / "scores.csv").read_text().splitlines()
    assert len(lines) == 3001 and "score" in lines[0]


def test_who_may_do_nothing_is_told_what_is_missing(
    week: Week, account: tuple[AwsApi, Callable[[str, str | None], AccountTarget]]
) -> None:
    _, user = account
    status, output = aws_api.given(["models"], user("eve", None), week.reader.folder)
    assert status == 1
    assert "cloudformation:DescribeStacks" in output


def test_the_week_ends_and_begins_again(week: Week) -> None:
    week.reader.follow(week.after)
