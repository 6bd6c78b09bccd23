from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer

from mdlc_cli.app import app
from mdlc_cli.executions import advice
from tests.cli.executions.test_failure_causes import NESTED

ROOT = Path(__file__).resolve().parents[3]
EXECUTION = "arn:aws:states:us-east-1:0:execution:flight-delay-batch-inference:e1"


def test_every_outcome_of_the_contract_is_explained() -> None:
    """All but those that say everything by themselves, and those that come with an error."""
    text = (ROOT / "docs" / "contracts.md").read_text()
    (table,) = re.findall(r"\| outcome \| item \|\n\|---\|---\|\n((?:\|.*\n)+)", text)
    outcomes = set(re.findall(r"^\| `(\w+)` \|", table, flags=re.MULTILINE))
    assert {outcome for _, outcome in advice.OUTCOMES} == outcomes - {"Succeeded", "Failed", "Undelivered"}


def test_an_outcome_says_what_it_means_and_what_to_try() -> None:
    told = advice.meaning("training", "Refused")
    assert told.startswith("Refused: the execution did its work, and the gate refused the model")
    assert told.endswith("then `mdlc deploy` and `mdlc run training`.")
    assert advice.meaning("training", "Succeeded") == ""
    assert advice.meaning("", "Refused") == ""


def test_a_version_that_waits_is_named_with_the_commands_that_decide() -> None:
    arn = "arn:aws:sagemaker:us-east-1:0:model-package/churn/3"
    told = advice.meaning("training", "PendingApproval", arn)
    assert "`mdlc approve 3 --model churn`" in told and "`mdlc reject 3 --model churn --reason TEXT`" in told
    assert "`mdlc approve VERSION`" in advice.meaning("training", "PendingApproval")


@pytest.mark.parametrize(
    ("machine", "workflow"),
    [
        ("flight-delay-training", "training"),
        ("flight-delay-retraining", "retraining"),
        ("churn-batch-monitoring", "batch-monitoring"),
        ("churn-monitoring", "monitoring"),
        ("ours", ""),
    ],
)
def test_a_machines_name_tells_its_workflow(machine: str, workflow: str) -> None:
    assert advice.workflow_of(machine) == workflow


@pytest.mark.parametrize(
    ("error", "cause", "job", "sentence"),
    [
        (
            "DataRefused",
            "a.csv has no column 'x'.",
            "",
            "DataRefused: a.csv has no column 'x'. Next: mend the data as the cause says, upload them, then "
            "`mdlc run batch-inference`.",
        ),
        # A planner's sentence names the remedy, and there is no log to look at.
        (
            "ChampionLost",
            "its package is gone: release another version",
            "",
            "ChampionLost: its package is gone: release another version. Next: do as the cause says, then "
            "`mdlc run batch-inference`.",
        ),
        ("SageMaker.JobFailed", "x", "churn-1", "SageMaker.JobFailed: x. Next: see `mdlc logs churn-1`."),
        ("SageMaker.JobFailed", "x", "", "SageMaker.JobFailed: x. Next: see `mdlc logs e1`."),
        # The execution that failed first has the logs.
        (
            "States.TaskFailed",
            NESTED,
            "",
            "SageMaker.JobFailed: AlgorithmError: no label. Next: see `mdlc logs t1`.",
        ),
        ("NoGolden", "none", "", "NoGolden: none. Next: `mdlc golden record`, then `mdlc release`."),
    ],
)
def test_a_failure_is_one_sentence_and_the_next_command(
    error: str, cause: str, job: str, sentence: str
) -> None:
    assert advice.failure(EXECUTION, error, cause, job=job).sentence == sentence


def test_an_arn_that_is_none_does_no_harm() -> None:
    assert advice.failure("", "E", "c").sentence == "E: c. Next: do as the cause says, then `mdlc run `."


@pytest.mark.parametrize("error", ["SageMaker.JobFailed", "RolledBack"])
def test_logs_that_were_shown_do_not_lead_to_themselves(error: str) -> None:
    release = EXECUTION.replace("batch-inference", "release")
    shown = advice.failure(release, error, "x", logs_shown=True)
    assert shown.following == "mend what the log shows, then `mdlc release`"
    assert "`mdlc logs e1`" in advice.failure(release, error, "x").following
    # The logs of the execution that this one waited for were not shown.
    assert advice.failure(release, error, NESTED, logs_shown=True).following == "see `mdlc logs t1`"


@pytest.mark.parametrize("text", [*advice.OUTCOMES.values(), *advice.ERRORS.values()])
def test_every_command_that_is_named_is_there(text: str) -> None:
    for line in re.findall(r"`mdlc ([^`]+)`", text):
        command: Any = typer.main.get_command(app)
        words = shlex.split(line)
        while words and words[0] in getattr(command, "commands", {}):
            command = command.commands[words.pop(0)]
        assert not hasattr(command, "commands"), line
        known = {option for each in command.params for option in each.opts}
        assert {word for word in words if word.startswith("--")} <= known, line
