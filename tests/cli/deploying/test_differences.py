"""What a deployment would change is said readably."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from mdlc_cli.app import app
from mdlc_cli.aws import target
from mdlc_cli.deploying import assembly, cdk, differences
from mdlc_cli.deploying.assembly import AppStack, Assembly
from mdlc_cli.errors import CommandError
from mdlc_cli.tools import toolchain
from tests.cli.fakes import FakeTarget


def machine(rounds: int, rule: str = "a" * 70 + "1", **states: Any) -> str:
    train = {"Arguments": {"HyperParameters": {"num_round": str(rounds)}, "Rule": rule, "Tags": [1, 2]}}
    plan = {"Settings": json.dumps({"rounds": rounds, "depth": 4})}
    return json.dumps({"StartAt": "Train", "States": {"Train": train, "Plan": plan, **states}})


OLD, NEW = machine(100), machine(50, "a" * 70 + "2", Extra={"Type": "Pass"})
CHANGED = f"""\
Stack Churn (aws://000000000000/us-east-1)
IAM Statement Changes
│ + │ ${{Role}} │
Resources
[~] AWS::StepFunctions::StateMachine Training/StateMachine TrainingStateMachineEAE34FB3
 └─ [~] DefinitionString
     ├─ [-] {OLD}
     └─ [+] {NEW}
[~] AWS::Lambda::Function F
 └─ [~] Timeout
     ├─ [-] 3
     └─ [+] 4


✨  Number of stacks with differences: 1

"""
EQUAL = """\
Stack Prod/Orders (Orders)
There were no differences


✨  Number of stacks with differences: 0
"""
READABLE = (
    "IAM Statement Changes",
    "│ + │ ${Role} │",
    "Resources",
    "[~] AWS::StepFunctions::StateMachine Training/StateMachine TrainingStateMachineEAE34FB3",
    " └─ [~] DefinitionString",
    '     └─ States.Extra: nothing -> {"Type": "Pass"}',
    "     └─ States.Plan.Settings.rounds: 100 -> 50",
    '     └─ States.Train.Arguments.HyperParameters.num_round: "100" -> "50"',
    f'     └─ States.Train.Arguments.Rule: "...{"a" * 15}1" -> "...{"a" * 15}2"',
    "[~] AWS::Lambda::Function F",
    " └─ [~] Timeout",
    "     ├─ [-] 3",
    "     └─ [+] 4",
)


def test_state_machines_are_compared_by_their_parts() -> None:
    changed, equal = differences.by_stack([*CHANGED.splitlines(), *EQUAL.splitlines()])
    assert (changed.stack, changed.changes) == ("Churn", READABLE)
    assert (equal.stack, equal.changes) == ("Prod/Orders", ())


def test_long_values_are_cut_and_lists_compared_by_place() -> None:
    old = json.dumps({"a": [1, {"b": "x"}], "c": [1], "d": "y" * 100})
    new = json.dumps({"a": [1, {"b": "z"}], "c": [1, 2], "d": 3})
    lines = differences.by_stack(["Stack S", f" └─ [-] {old}", f" └─ [+] {new}"])[0].changes
    assert lines == (
        ' └─ a[1].b: "x" -> "z"',
        " └─ c: [1] -> [1, 2]",
        f' └─ d: "{"y" * 56}... -> 3',
    )


def test_what_is_no_pair_of_documents_stays_as_it_is() -> None:
    lines = (" └─ [-] {not json}", " └─ [+] {}", " ├─ [-] {}", " └─ [-] {}", "[+] AWS::S3::Bucket B")
    assert differences.by_stack(["Stack S", *lines])[0].changes == lines


Run = Callable[..., Any]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `mdlc diff` where the CDK CLI prints a text."""

    def call(text: str, *arguments: str) -> Any:
        stacks = tuple(
            AppStack(name=name, selector=selector, template={})
            for name, selector in (("Churn", "Churn"), ("Orders", "Prod/Orders"))
        )

        def tool(words: list[object], *, on_line: Callable[[str], None], **_: Any) -> None:
            asked.append([str(word) for word in words])
            for line in text.splitlines():
                on_line(line)

        monkeypatch.setattr(target, "choose", lambda root, choice=None: FakeTarget())
        monkeypatch.setattr(
            assembly, "synthesized", lambda target, root: Assembly(folder=tmp_path, stacks=stacks)
        )
        monkeypatch.setattr(toolchain, "cdk_command", lambda: ["cdk"])
        monkeypatch.setattr(cdk, "environment", lambda target: {})
        monkeypatch.setattr(differences, "run_tool", tool)
        return CliRunner().invoke(app, ["diff", *arguments])

    asked: list[list[str]] = []
    call.asked = asked  # type: ignore[attr-defined]
    return call


def test_the_difference_is_printed(run: Run) -> None:
    done = run(CHANGED)
    assert (done.exit_code, done.stdout) == (0, "\n".join(["Stack Churn", *READABLE, ""]))
    (words,) = run.asked  # type: ignore[attr-defined]
    assert words[:4] == ["cdk", "diff", "Churn", "Prod/Orders"]
    assert "--method template" in " ".join(words)


def test_nothing_is_one_sentence(run: Run) -> None:
    done = run(EQUAL, "Orders", "--fail")
    assert (done.exit_code, done.stdout) == (
        0,
        "Nothing would change: Prod/Orders is deployed as the app says.\n",
    )
    assert run.asked[0][:3] == ["cdk", "diff", "Prod/Orders"]  # type: ignore[attr-defined]


def test_a_difference_fails_where_it_is_asked_to(run: Run) -> None:
    assert run(CHANGED, "--fail").exit_code == 1


def test_as_json(run: Run) -> None:
    assert json.loads(run(EQUAL, "--json").stdout) == [{"stack": "Prod/Orders", "changes": []}]


def test_a_stack_that_the_app_lacks_is_one_sentence(run: Run) -> None:
    done = run(EQUAL, "Chrun")
    assert isinstance(done.exception, CommandError)
    assert str(done.exception) == "the app has no stack 'Chrun': did you mean 'Churn'?"
